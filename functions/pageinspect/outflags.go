package main

import (
	"os"

	"github.com/pageinspect/pageinspect/functions/desk/web"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/spf13/cobra"
)

// outFlags say how what is handed on is made.
type outFlags struct {
	key, timestampURL, notice string
	days                      int
}

func (o *outFlags) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.key, "key", "", "file of the private key that signs evidence; \"pageinspect evidence --new-key\" makes one")
	f.StringVar(&o.timestampURL, "timestamp-url", os.Getenv("TIMESTAMP_URL"), "address of a timestamp authority, RFC 3161 (TIMESTAMP_URL)")
}

func (o *outFlags) out() (web.Out, error) {
	s := web.OutSettings{TimestampURL: o.timestampURL, NoticeTemplate: o.notice, NoticeDays: o.days}
	if o.key != "" {
		text, err := os.ReadFile(o.key)
		if err != nil {
			return web.Out{}, fault.New(fault.Invalid, "--key: %v; make one with \"pageinspect evidence --new-key FILE\"", err)
		}
		s.EvidenceKey = string(text)
	}
	return s.Out()
}
