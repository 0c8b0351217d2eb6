package browser

import (
	"errors"
	"time"

	"github.com/pageinspect/pageinspect/capture/browser/guard"
	"github.com/pageinspect/pageinspect/shared/fault"
)

const (
	defaultPageMemory = 1024
	defaultPageBytes  = 512
	minPageMemory     = 200
)

// Config says which browser to run and how hard.
type Config struct {
	// Path of the executable; empty: see Find.
	Path string `env:"CHROME_PATH"`
	// Tabs is how many pages are open at once. Four keep two cores busy.
	Tabs int `env:"CAPTURE_TABS" envDefault:"4"`
	// Recycle is after how many pages a fresh browser takes over: browsers
	// leak, slowly. The old one serves until the fresh one is there.
	Recycle int `env:"CAPTURE_RECYCLE" envDefault:"500"`
	// Allow lists private addresses that pages may visit all the same, as
	// CIDR, IP or IP:port. Empty in production.
	Allow []string `env:"CAPTURE_ALLOW"`
	// PageMemory is how many MB of memory a page's processes may hold before the
	// page is ended; zero: 1024.
	PageMemory int `env:"CAPTURE_PAGE_MEMORY_MB" envDefault:"1024"`
	// PageBytes is how many MB a page may receive before it is ended; zero: 512.
	PageBytes int `env:"CAPTURE_PAGE_BYTES_MB" envDefault:"512"`
	// StartLimit is how long a browser may take to start; zero: 20 s. It takes
	// 0.3 s on two idle cores.
	StartLimit time.Duration
}

// Validate names every mistake at once.
func (c Config) Validate() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fault.New(fault.Internal, format, args...)) }
	if c.Tabs < 1 {
		wrong("CAPTURE_TABS is %d; it must be at least 1", c.Tabs)
	}
	if c.Recycle < 1 {
		wrong("CAPTURE_RECYCLE is %d; it must be at least 1", c.Recycle)
	}
	if c.PageMemory != 0 && c.PageMemory < minPageMemory {
		wrong("CAPTURE_PAGE_MEMORY_MB is %d; an empty page takes 100, so it must be at least %d", c.PageMemory, minPageMemory)
	}
	if c.PageBytes < 0 {
		wrong("CAPTURE_PAGE_BYTES_MB is %d; it must be at least 1", c.PageBytes)
	}
	if _, err := Find(c.Path); err != nil {
		errs = append(errs, err)
	}
	_, err := guard.New(c.Allow)
	return errors.Join(append(errs, err)...)
}
