package web

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/evidence"
	"github.com/pageinspect/pageinspect/functions/desk/notice"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// OutSettings are the settings of Out.
type OutSettings struct {
	EvidenceKey    string `env:"EVIDENCE_KEY"`    // the private key that signs evidence: PKCS #8 in PEM, from a secret
	TimestampURL   string `env:"TIMESTAMP_URL"`   // of a timestamp authority, RFC 3161
	NoticeTemplate string `env:"NOTICE_TEMPLATE"` // file with the words of notices
	NoticeDays     int    `env:"NOTICE_DAYS" envDefault:"7"`
}

// stampTime is how long an authority may take to answer.
const stampTime = 30 * time.Second

// koreaTime is where a day of a notice begins.
var koreaTime = time.FixedZone("KST", 9*3600)

// Out reads what the settings name. Its errors are fault.Invalid and name each
// setting that is wrong.
func (s OutSettings) Out() (Out, error) {
	out := Out{Days: s.NoticeDays, Tool: evidence.Tool()}
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fault.New(fault.Invalid, format, args...)) }
	if s.EvidenceKey != "" {
		var err error
		if out.Key, err = evidence.ParseKey([]byte(s.EvidenceKey)); err != nil {
			bad("EVIDENCE_KEY: %v", err)
		}
	}
	if s.TimestampURL != "" {
		if u, err := url.Parse(s.TimestampURL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			bad("TIMESTAMP_URL: %q is no http or https address", s.TimestampURL)
		}
		out.Stamp = evidence.Authority{URL: s.TimestampURL, Client: &http.Client{Timeout: stampTime}}.Stamp
	}
	words := ""
	if s.NoticeTemplate != "" {
		b, err := os.ReadFile(s.NoticeTemplate)
		if err != nil {
			bad("NOTICE_TEMPLATE: %v", err)
		}
		words = string(b)
	}
	var err error
	if out.Notice, err = notice.New(words, koreaTime); err != nil {
		bad("NOTICE_TEMPLATE: %v", err)
	}
	if s.NoticeDays < 0 || s.NoticeDays > notice.MaxDays {
		bad("NOTICE_DAYS: %d is no time to give; want 1 to %d", s.NoticeDays, notice.MaxDays)
	}
	return out, errors.Join(errs...)
}
