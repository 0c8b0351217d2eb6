package capture

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
)

// Profile says how to capture a site. The zero value of a field means the
// default that the bundled profile "default" gives it.
type Profile struct {
	Name     string   `yaml:"name"`
	Hosts    []string `yaml:"hosts"`    // patterns such as *.shop.example; the first profile that matches is used
	Viewport Viewport `yaml:"viewport"` // CSS pixels
	Mobile   bool     `yaml:"mobile"`   // touch, mobile viewport and user agent
	Scale    float64  `yaml:"scale"`    // picture pixels per CSS pixel, also what the page sees as its devicePixelRatio

	Locale    string `yaml:"locale"`     // of dates, numbers and Accept-Language, such as ko-KR
	TimeZone  string `yaml:"time_zone"`  // IANA name, such as Asia/Seoul
	UserAgent string `yaml:"user_agent"` // empty: the browser's own, without the word Headless

	WaitFor string   `yaml:"wait_for"` // CSS selector that must appear
	Click   []string `yaml:"click"`    // CSS selectors to click once each, such as "show more"
	Hide    []string `yaml:"hide"`     // CSS selectors to hide, such as cookie banners
	CropTo  string   `yaml:"crop_to"`  // CSS selector whose box is the page

	Headers map[string]string `yaml:"headers"` // sent to the profile's hosts or, if it names none, to the page's own; ${NAME} is taken from the environment
	Cookies map[string]string `yaml:"cookies"` // for the page's own host; ${NAME} likewise

	MaxHeight   int    `yaml:"max_height"`   // CSS pixels; a longer page is truncated, and says so
	MaxSettle   int    `yaml:"max_settle"`   // seconds that scrolling and waiting may take before the page is captured as it is, as partial; 0: half of the time there is
	TileHeight  int    `yaml:"tile_height"`  // CSS pixels
	Overlap     int    `yaml:"overlap"`      // CSS pixels; 1.5 to 2 times the tallest text
	Format      string `yaml:"format"`       // jpeg, png or webp
	Quality     int    `yaml:"quality"`      // of jpeg and webp, 1 to 100
	SafeSearch  bool   `yaml:"safe_search"`  // have Vision judge the pictures' decency, too, for a second unit a tile
	AcceptError bool   `yaml:"accept_error"` // capture the page although its HTTP status is 400 or more

	secret bool // its headers or cookies have something of the environment
}

// Viewport is the window a shopper looks through, in CSS pixels.
type Viewport struct {
	Width  int `yaml:"width"`
	Height int `yaml:"height"`
}

//go:embed profiles.yaml
var bundledProfiles []byte

// profileFile is the schema of a profiles file, version v1.
type profileFile struct {
	Version  string    `yaml:"version"`
	Profiles []Profile `yaml:"profiles"`
}

// Profiles are the profiles of an instance, in the order in which hosts are matched.
type Profiles struct {
	list []Profile
}

// LoadProfiles reads the bundled profiles and, before them, those of a file of
// the user's; "" means none. A profile of a name that is bundled replaces it.
// An unknown key or a value that cannot be is an error with file and line.
func LoadProfiles(file string) (*Profiles, error) {
	base, err := parseProfiles("profiles.yaml", bundledProfiles)
	if err != nil || file == "" {
		return &Profiles{base}, err
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.New(fault.Invalid, "profiles: %v; check PROFILES or --profiles", err)
	}
	own, err := parseProfiles(file, b)
	if err != nil {
		return nil, err
	}
	base = slices.DeleteFunc(base, func(p Profile) bool {
		return slices.ContainsFunc(own, func(o Profile) bool { return o.Name == p.Name })
	})
	return &Profiles{append(own, base...)}, nil
}

func parseProfiles(name string, b []byte) ([]Profile, error) {
	if err := written(b); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "%s", name)
	}
	var f profileFile
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(&f); err != nil {
		return nil, fault.New(fault.Invalid, "%s: %s", name, strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	if f.Version != "v1" {
		return nil, fault.New(fault.Invalid, "%s: version: is %q, want v1", name, f.Version)
	}
	seen := map[string]bool{}
	var wrong []error // of every profile, so that all can be mended at once
	for i := range f.Profiles {
		p := &f.Profiles[i]
		if p.Name == "" || seen[p.Name] {
			return nil, fault.New(fault.Invalid, "%s: profiles[%d].name: %q is missing or used twice", name, i, p.Name)
		}
		seen[p.Name] = true
		p.setDefaults()
		if err := errors.Join(p.check(), p.takeSecrets(os.LookupEnv)); err != nil {
			wrong = append(wrong, fault.Wrap(fault.Invalid, err, "%s: profile %s", name, p.Name))
		}
	}
	return f.Profiles, errors.Join(wrong...)
}

// written says whether a file is written out: anchors and aliases could make a
// few lines more than a machine holds. What is no YAML at all is the decoder's to say.
func written(b []byte) error {
	for _, t := range lexer.Tokenize(string(b)) {
		if t.Type == token.AnchorType || t.Type == token.AliasType {
			return fault.New(fault.Invalid, "line %d: has an anchor or alias; profiles have none: write it out, and put text that begins with & or * in quotes", t.Position.Line)
		}
	}
	return nil
}

func (p *Profile) setDefaults() {
	set := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	if p.Mobile {
		set(&p.Viewport.Width, 390)
		set(&p.Viewport.Height, 844)
	}
	set(&p.Viewport.Width, 1280)
	set(&p.Viewport.Height, 800)
	set(&p.MaxHeight, page.MaxHeight)
	set(&p.TileHeight, 4096)
	set(&p.Overlap, 256)
	set(&p.Quality, 90)
	if p.Scale == 0 {
		p.Scale = 1
	}
	if p.Locale == "" {
		p.Locale = "ko-KR"
	}
	if p.TimeZone == "" {
		p.TimeZone = "Asia/Seoul"
	}
	if p.Format == "" {
		p.Format = "jpeg"
	}
}

func (p *Profile) check() error {
	between := func(field string, v, low, high int) error {
		if v < low || v > high {
			return fault.New(fault.Invalid, "%s: is %d, want %d to %d", field, v, low, high)
		}
		return nil
	}
	for _, err := range []error{
		between("viewport.width", p.Viewport.Width, 200, 4096),
		between("viewport.height", p.Viewport.Height, 200, 4096),
		between("max_height", p.MaxHeight, p.Viewport.Height, page.MaxHeight),
		between("max_settle", p.MaxSettle, 0, 3600),
		between("tile_height", p.TileHeight, 512, page.MaxRows),
		between("quality", p.Quality, 1, 100),
	} {
		if err != nil {
			return err
		}
	}
	if !(p.Scale >= 0.5 && p.Scale <= 4) { // NaN, too
		return fault.New(fault.Invalid, "scale: is %v, want 0.5 to 4", p.Scale)
	}
	if !slices.Contains([]string{"jpeg", "png", "webp"}, p.Format) {
		return fault.New(fault.Invalid, "format: is %q, want jpeg, png or webp", p.Format)
	}
	for _, h := range p.Hosts {
		if _, err := path.Match(h, ""); err != nil {
			return fault.New(fault.Invalid, "hosts: %q is not a pattern", h)
		}
	}
	// What every render path draws, and what Vision reads without scaling it down.
	tallest := min(page.MaxRows/p.Scale, page.MaxPixels/(float64(p.Viewport.Width)*p.Scale*p.Scale))
	p.TileHeight = min(p.TileHeight, int(tallest))
	if err := between("overlap", p.Overlap, 32, p.TileHeight/2); err != nil {
		return fmt.Errorf("%w: at viewport.width %d and scale %v a tile of %d million picture pixels, the most that Vision reads as they are, is %d px high",
			err, p.Viewport.Width, p.Scale, page.MaxPixels/1_000_000, int(tallest))
	}
	return nil
}

// For returns the profile of the name given, else the first whose hosts match
// the address, else "default". A profile with secrets that is asked for by name
// is refused for an address that is none of its hosts.
func (ps *Profiles) For(name, address string) (Profile, error) {
	u, err := browser.Origin(address)
	if err != nil {
		return Profile{}, fault.New(fault.Invalid, "url: %v", err)
	}
	for _, p := range ps.list {
		switch {
		case p.Name != name:
		case p.secret && !p.owns(u.Hostname()):
			return Profile{}, fault.New(fault.Invalid, "profile: %q has secrets for %s, and %s is none of these; ask for another profile, or add the host to it", name, strings.Join(p.Hosts, ", "), u.Hostname())
		default:
			return p, nil
		}
	}
	if name != "" {
		return Profile{}, fault.New(fault.Invalid, "profile: there is none called %q; there are %s", name, strings.Join(ps.Names(), ", "))
	}
	for _, p := range ps.list {
		if p.owns(u.Hostname()) {
			return p, nil
		}
	}
	return ps.For("default", address)
}

// Names lists the profiles.
func (ps *Profiles) Names() []string {
	var names []string
	for _, p := range ps.list {
		names = append(names, p.Name)
	}
	return names
}

// mediaType of the tiles, and the end of their object names.
func (p Profile) mediaType() (media, ext string) {
	if p.Format == "jpeg" {
		return "image/jpeg", "jpg"
	}
	return fmt.Sprintf("image/%s", p.Format), p.Format
}
