// Package terraform_test checks the configuration as it is written, with
// neither terraform nor a provider: what must agree with the functions' code,
// and what must never be there.
package terraform_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// config is every .tf file of the root and its modules.
type config struct {
	files  map[string]*hcl.File
	blocks []block // the top-level ones
}

type block struct {
	*hclsyntax.Block
	file string
}

// name is such as google_storage_bucket.of.
func (b block) name() string { return strings.Join(b.Labels, ".") }

func load(t *testing.T) config {
	t.Helper()
	parser, c := hclparse.NewParser(), config{files: map[string]*hcl.File{}}
	var names []string
	for _, pattern := range []string{"*.tf", "modules/*/*.tf"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	if len(names) < 20 {
		t.Fatalf("only %d files: %v", len(names), names)
	}
	for _, name := range names {
		f, diags := parser.ParseHCLFile(name)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		c.files[name] = f
		for _, b := range f.Body.(*hclsyntax.Body).Blocks {
			c.blocks = append(c.blocks, block{b, name})
		}
	}
	return c
}

// of lists the blocks of a type, such as resource, whose first label begins with prefix.
func (c config) of(kind, prefix string) []block {
	var out []block
	for _, b := range c.blocks {
		if b.Type == kind && (prefix == "" || strings.HasPrefix(b.Labels[0], prefix)) {
			out = append(out, b)
		}
	}
	return out
}

// text is an attribute as it is written, or "".
func (c config) text(b block, attribute string) string { return c.textIn(b.file, b.Body, attribute) }

func (c config) textIn(file string, body *hclsyntax.Body, attribute string) string {
	a, ok := body.Attributes[attribute]
	if !ok {
		return ""
	}
	return string(a.Expr.Range().SliceBytes(c.files[file].Bytes))
}

// walk visits every expression of the configuration.
func (c config) walk(visit func(file string, node hclsyntax.Node)) {
	for name, f := range c.files {
		hclsyntax.VisitAll(f.Body.(*hclsyntax.Body), func(n hclsyntax.Node) hcl.Diagnostics { //nolint:errcheck // it returns what visit does: nothing
			visit(name, n)
			return nil
		})
	}
}

// inner returns the blocks of a type directly inside another.
func inner(b *hclsyntax.Body, kind string) []*hclsyntax.Body {
	var out []*hclsyntax.Body
	for _, n := range b.Blocks {
		if n.Type == kind {
			out = append(out, n.Body)
		}
	}
	return out
}

func TestNothingIsPublic(t *testing.T) {
	c := load(t)
	for name, f := range c.files {
		for _, everybody := range []string{`"allUsers`, `"allAuthenticatedUsers`} {
			if strings.Contains(string(f.Bytes), everybody) {
				t.Errorf("%s gives something to %s", name, everybody)
			}
		}
	}
	// Without Cloud Run's own check the code's is the only one: both are switched by one local.
	for _, b := range c.of("module", "") {
		open := c.text(b, "callers_show_a_secret")
		if c.text(b, "source") != `"./modules/function"` || open == "false" {
			continue
		}
		if open != "local.callers_show_a_secret" || !strings.Contains(string(c.files[b.file].Bytes), `= local.callers_show_a_secret ? "true" : ""`) {
			t.Errorf("%s is open, and its code may not know", b.name())
		}
	}
	buckets := c.of("resource", "google_storage_bucket")
	made := 0
	for _, b := range buckets {
		switch b.Labels[0] {
		case "google_storage_bucket":
			made++
			if c.text(b, "public_access_prevention") != `"enforced"` || c.text(b, "uniform_bucket_level_access") != "true" {
				t.Errorf("%s can be made public", b.name())
			}
		case "google_storage_bucket_iam_member", "google_storage_bucket_object":
		default:
			t.Errorf("%s: access is by role on the bucket, for one member each", b.name())
		}
	}
	if made == 0 {
		t.Error("no bucket was looked at")
	}
}

// Roles that Google's services know no narrower place for than the project.
var projectRoles = []string{`"roles/eventarc.eventReceiver"`, `"roles/eventarc.serviceAgent"`, `"roles/pubsub.publisher"`, `"roles/managedkafka.client"`}

func TestRolesAreNarrow(t *testing.T) {
	c := load(t)
	invokers := 0
	for _, b := range c.of("resource", "google_") {
		if !strings.Contains(b.Labels[0], "_iam_") {
			continue
		}
		if !strings.HasSuffix(b.Labels[0], "_iam_member") {
			t.Errorf("%s replaces what others were given; use _iam_member", b.name())
		}
		role := c.text(b, "role")
		if b.Labels[0] == "google_project_iam_member" && !slices.Contains(projectRoles, role) {
			t.Errorf("%s: %s on the whole project", b.name(), role)
		}
		if role == `"roles/run.invoker"` {
			invokers++
			if !slices.Contains([]string{"google_cloud_run_v2_service_iam_member", "google_cloud_run_v2_job_iam_member"}, b.Labels[0]) {
				t.Errorf("%s: invoker of more than one service", b.name())
			}
		}
	}
	if invokers != 2 {
		t.Errorf("%d resources make invokers, want the function module's one, and the job's", invokers)
	}
	for name, f := range c.files {
		for _, basic := range []string{`"roles/owner"`, `"roles/editor"`, `"roles/viewer"`, "Admin\"", ".admin\""} {
			if strings.Contains(string(f.Bytes), basic) {
				t.Errorf("%s gives the role %s", name, basic)
			}
		}
	}
}

// TestTheDeskKnowsWhoAsks: nothing but Identity-Aware Proxy calls the desk, the code is
// told which service the proxy signs for, and nobody but reviewers is let in.
func TestTheDeskKnowsWhoAsks(t *testing.T) {
	c := load(t)
	for _, b := range c.of("module", "desk") {
		if c.text(b, "iap") != "true" || c.text(b, "invoker") != "local.agents.iap" || c.text(b, "name") != `"${var.name}-desk"` {
			t.Error("somebody else than the proxy calls the desk")
		}
		if !strings.Contains(strings.Join(strings.Fields(c.text(b, "env")), " "), `IAP_AUDIENCE = "/projects/${var.project.number}/locations/${var.region}/services/${var.name}-desk"`) {
			t.Error("the code is not told its own service, so tokens for others would do, or none")
		}
	}
	services := 0
	for _, b := range c.of("resource", "google_cloud_run_v2_service") {
		if b.Labels[0] == "google_cloud_run_v2_service" {
			services++
			if c.text(b, "iap_enabled") != "var.iap" {
				t.Errorf("%s: the proxy is not where the module's caller wants it", b.name())
			}
		}
	}
	if len(c.of("module", "desk")) != 1 || services != 1 || len(c.of("resource", "google_iap_web_cloud_run_service_iam_member")) != 1 {
		t.Error("there is no desk, or more than one way in")
	}
}

// TestDecisionsAreKept: no lifecycle rule of a bucket that a desk writes to, or may on
// somebody's laptop, meets what the desk keeps.
func TestDecisionsAreKept(t *testing.T) {
	c := load(t)
	storage := string(c.files["storage.tf"].Bytes)
	if !regexp.MustCompile(`decisions = \{ expire = \[\],`).MatchString(storage) {
		t.Error("the bucket of decisions forgets")
	}
	_, rules, _ := strings.Cut(storage, "    results = { expire = [")
	rules, _, ok := strings.Cut(rules, "], undelete_days")
	if !ok {
		t.Fatal("the rules of the results bucket were not found")
	}
	rule := regexp.MustCompile(`\{ days = [a-z_.]+(?:, (prefix|suffix) = (?:"([^"]+)"|local\.cache_prefix))? \}`)
	found := rule.FindAllStringSubmatch(rules, -1)
	if len(found) != strings.Count(rules, "days =") || len(found) < 5 {
		t.Fatalf("%d rules were understood: %s", len(found), rules)
	}
	sum := strings.Repeat("a", 64)
	for _, m := range found {
		for _, kept := range []string{".desk/page/p-1/00001.json", ".desk/picture/" + sum + "/00001.json", ".desk/shown/p-1/" + sum + ".json.zst", ".desk/tiles/" + sum} {
			if m[1] == "" || m[1] == "prefix" && m[2] != "" && strings.HasPrefix(kept, m[2]) || m[1] == "suffix" && strings.HasSuffix(kept, m[2]) {
				t.Errorf("%s deletes %s", m[0], kept)
			}
		}
	}
}

func TestDeadLettersEverywhere(t *testing.T) {
	c := load(t)
	dead := map[string]bool{}
	for _, b := range c.of("resource", "google_pubsub_subscription") {
		if b.Labels[0] != "google_pubsub_subscription" {
			continue
		}
		if strings.Contains(c.text(b, "topic"), "google_pubsub_topic.dead.") {
			dead[b.file] = true
		} else if len(inner(b.Body, "dead_letter_policy")) != 1 {
			t.Errorf("%s loses what is never accepted", b.name())
		}
		expires := inner(b.Body, "expiration_policy")
		if len(expires) != 1 || c.textIn(b.file, expires[0], "ttl") != `""` {
			t.Errorf("%s expires when nothing comes for a month", b.name())
		}
	}
	if !dead["modules/dead-letter/main.tf"] {
		t.Error("dead letters are kept by no subscription")
	}
	// Eventarc's own subscriptions get theirs by command.
	commands := c.output(t, "eventarc_commands")
	for _, flag := range []string{"--dead-letter-topic=", "--max-delivery-attempts=", "--ack-deadline=${var.ack_deadline_seconds}"} {
		if !strings.Contains(commands, flag) {
			t.Errorf("eventarc_commands lacks %s", flag)
		}
	}
	for _, b := range c.of("resource", "google_eventarc_trigger") {
		if !strings.Contains(string(c.files["eventing.tf"].Bytes), "for t in "+b.name()+" :") {
			t.Errorf("%s is missing from local.eventarc_subscriptions", b.name())
		}
	}
}

func (c config) output(t *testing.T, name string) string {
	t.Helper()
	for _, b := range c.of("output", name) {
		if b.Labels[0] == name {
			return c.text(b, "value")
		}
	}
	t.Fatalf("no output %s", name)
	return ""
}

// Service, code and subscription: each takes its time from the same two variables.
func TestTimeoutsAgree(t *testing.T) {
	c := load(t)
	def := map[string]string{}
	for _, b := range c.of("variable", "") {
		if !strings.Contains(b.file, "/") {
			def[b.Labels[0]] = c.text(b, "default")
		}
	}
	if def["timeout_seconds"] != "540" || def["ack_deadline_seconds"] != "600" {
		t.Errorf("work %s s, deadline %s s; want 540 and 600", def["timeout_seconds"], def["ack_deadline_seconds"])
	}
	functions, pushes := 0, 0
	for _, b := range c.of("module", "") {
		switch c.text(b, "source") {
		case `"./modules/function"`:
			functions++
			if c.text(b, "timeout_seconds") != "var.timeout_seconds" {
				t.Errorf("%s has a timeout of its own", b.name())
			}
			want := "var." + b.Labels[0] + `_trigger == "eventarc"`
			if b.Labels[0] == "desk" {
				want = "true" // it follows topics between requests
			}
			if c.text(b, "cpu_always") != want {
				t.Errorf("%s: pushes that Eventarc cuts after 10 s need processors afterwards: cpu_always = %s, want %s", b.name(), c.text(b, "cpu_always"), want)
			}
		case `"./modules/push-subscription"`:
			pushes++
			if c.text(b, "ack_deadline_seconds") != "var.ack_deadline_seconds" {
				t.Errorf("%s has a deadline of its own", b.name())
			}
		}
	}
	if functions != 3 || pushes != 2 {
		t.Errorf("%d functions and %d pushes were looked at", functions, pushes)
	}
	for _, b := range c.of("resource", "google_cloud_run_v2_service") {
		if b.Labels[0] != "google_cloud_run_v2_service" {
			continue
		}
		template := inner(b.Body, "template")[0]
		if got := c.textIn(b.file, template, "timeout"); got != `"${var.timeout_seconds}s"` {
			t.Errorf("the service's timeout is %s", got)
		}
		if !strings.Contains(string(c.files[b.file].Bytes), "CLOUD_RUN_TIMEOUT_SECONDS = var.timeout_seconds") {
			t.Error("the code is not told the service's timeout")
		}
	}
}

// No data sources, so that a plan asks nothing; no beta; no secret in the state.
func TestWhatIsNotThere(t *testing.T) {
	c := load(t)
	for _, b := range c.blocks {
		if b.Type == "data" {
			t.Errorf("%s: data source %s", b.file, b.name())
		}
		if b.Type == "resource" && slices.Contains([]string{"google_secret_manager_secret_version", "google_service_account_key", "terraform_data", "null_resource"}, b.Labels[0]) {
			t.Errorf("%s: %s", b.file, b.name())
		}
		if _, ok := b.Body.Attributes["provider"]; ok {
			t.Errorf("%s: %s has a provider of its own", b.file, b.name())
		}
	}
	for name, f := range c.files {
		if strings.Contains(string(f.Bytes), "google-beta") {
			t.Errorf("%s uses google-beta", name)
		}
	}
}

func TestVariablesAndOutputsAreDescribed(t *testing.T) {
	c := load(t)
	for _, b := range append(c.of("variable", ""), c.of("output", "")...) {
		if c.text(b, "description") == "" {
			t.Errorf("%s: %s has no description", b.file, b.name())
		}
		if b.Type == "variable" && (c.text(b, "type") == "" || strings.Contains(c.text(b, "type"), "any")) {
			t.Errorf("%s: %s has no type", b.file, b.name())
		}
	}
}

// As terraform fmt writes it, for machines without terraform.
func TestFormat(t *testing.T) {
	files, err := filepath.Glob("tests/*.hcl")
	if err != nil {
		t.Fatal(err)
	}
	for name := range load(t).files {
		files = append(files, name)
	}
	for _, name := range append(files, "example.tfvars") {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b, hclwrite.Format(b)) {
			t.Errorf("terraform fmt would change %s", name)
		}
	}
}

func TestExample(t *testing.T) {
	c := load(t)
	f, diags := hclparse.NewParser().ParseHCLFile("example.tfvars")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	given, _ := f.Body.JustAttributes()
	for _, b := range c.of("variable", "") {
		if strings.Contains(b.file, "/") {
			continue
		}
		if _, ok := given[b.Labels[0]]; !ok && b.Body.Attributes["default"] == nil {
			t.Errorf("example.tfvars does not say %s, which has no default", b.Labels[0])
		}
		delete(given, b.Labels[0])
	}
	for name := range given {
		t.Errorf("example.tfvars says %s, which is no variable", name)
	}
}

// The guide's table of who may do what names every role that is given.
func TestEveryRoleIsExplained(t *testing.T) {
	guide, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	roles := 0
	load(t).walk(func(file string, n hclsyntax.Node) {
		if s, ok := n.(*hclsyntax.TemplateExpr); ok && s.IsStringLiteral() {
			v, _ := s.Value(nil)
			if role := v.AsString(); strings.HasPrefix(role, "roles/") {
				roles++
				if !strings.Contains(string(guide), "`"+strings.TrimPrefix(role, "roles/")+"`") {
					t.Errorf("%s: README.md does not say why somebody has %s", file, role)
				}
			}
		}
	})
	if roles < 10 {
		t.Errorf("only %d roles were looked at", roles)
	}
}
