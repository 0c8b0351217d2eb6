package main

import (
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/pageinspect/pageinspect/functions/desk/evidence"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/spf13/cobra"
)

func verifyCommand() *cobra.Command {
	var publicKey, authorities string
	c := &cobra.Command{
		Use:   "verify FILE [flags]",
		Short: "Check an archive of evidence, without a network",
		Long: `Check an archive that "pageinspect evidence" packed: every file against its sum, the
signature, the timestamp, the pictures against result and manifest, the decisions
against the page. Say what it proves, and what it does not.

Exit codes: 0 it holds, 2 it does not, or is no archive of evidence.`,
		Example: "  pageinspect verify shop-000123.zip --public-key ed25519:iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=\n" +
			"  pageinspect verify shop-000123.zip --public-key packer.pem --timestamp-ca authority.pem",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return verifyEvidence(args[0], publicKey, authorities, c.OutOrStdout())
		},
	}
	f := c.Flags()
	f.StringVar(&publicKey, "public-key", "", "key that must have signed it: ed25519:…, or a PEM file")
	f.StringVar(&authorities, "timestamp-ca", "", "PEM file of certificates that vouch for timestamp authorities; it must then have a timestamp")
	return c
}

func verifyEvidence(file, publicKey, authorities string, stdout io.Writer) error {
	trust, err := trustOf(publicKey, authorities)
	if err != nil {
		return err
	}
	f, err := os.Open(file)
	if err != nil {
		return fault.New(fault.Invalid, "%v", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	if err != nil {
		return fault.Wrap(fault.Internal, err, "look at %s", file)
	}
	v, err := evidence.Verify(f, info.Size(), trust)
	if err != nil {
		return fault.New(fault.Invalid, "%s does not hold, and nothing of it can be relied on:\n  %s", file, strings.ReplaceAll(err.Error(), "\n", "\n  "))
	}
	s := v.Statement
	fmt.Fprintf(stdout, "%s holds.\n  page      %s\n  address   %s\n  verdict   %s\n  packed    %s by %s, with %s\n\nIt proves\n", file, oneLine(s.ID), oneLine(s.URL), oneLine(string(s.Verdict)),
		s.PackedAt.Format("2006-01-02 15:04:05 UTC"), oneLine(s.PackedBy), oneLine(s.Tool))
	for _, said := range v.Proves() {
		fmt.Fprintln(stdout, "- "+oneLine(said))
	}
	fmt.Fprintln(stdout, "\nIt does not prove")
	for _, said := range v.ProvesNot() {
		fmt.Fprintln(stdout, "- "+oneLine(said))
	}
	return nil
}

// trustOf reads what the verifier trusts.
func trustOf(publicKey, authorities string) (t evidence.Trust, err error) {
	if publicKey != "" {
		text := publicKey
		if !strings.HasPrefix(publicKey, "ed25519:") {
			b, err := os.ReadFile(publicKey)
			if err != nil {
				return t, fault.New(fault.Invalid, "--public-key: %v; give ed25519:… or a PEM file", err)
			}
			text = string(b)
		}
		if t.Key, err = evidence.ParsePublicKey(text); err != nil {
			return t, fault.New(fault.Invalid, "--public-key: %v", err)
		}
	}
	if authorities != "" {
		b, err := os.ReadFile(authorities)
		if err != nil {
			return t, fault.New(fault.Invalid, "--timestamp-ca: %v", err)
		}
		if t.Authorities = x509.NewCertPool(); !t.Authorities.AppendCertsFromPEM(b) {
			return t, fault.New(fault.Invalid, "--timestamp-ca: %s has no certificate in PEM", authorities)
		}
	}
	return t, nil
}
