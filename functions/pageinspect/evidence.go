package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/evidence"
	"github.com/pageinspect/pageinspect/functions/desk/live"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/spf13/cobra"
)

type evidenceOptions struct {
	place              deskPlace
	out                outFlags
	newKey, output, as string
}

func evidenceCommand() *cobra.Command {
	var o evidenceOptions
	c := &cobra.Command{
		Use:   "evidence ID [flags]",
		Short: "Pack what was seen, read and decided of a page",
		Long: `Pack one page into an archive that can be kept and handed on: its pictures,
manifest, text, result and report, what was decided about it and what was shown
then, with the SHA-256 of every file. With --key it is signed (Ed25519), with
--timestamp-url an authority (RFC 3161) says when it existed; the authority is sent
nothing but a sum.

"pageinspect verify" checks an archive, and says what it proves and what not. Make a
key once with --new-key, keep it to yourself, and give the public key to whoever is
to verify, by another way than the archive.`,
		Example: "  pageinspect evidence --new-key evidence.pem\n  pageinspect evidence shop-000123 --dir out --key evidence.pem -o shop-000123.zip\n" +
			"  pageinspect evidence shop-000123 --bucket shop-results --key evidence.pem --timestamp-url https://tsa.example/tsr -o shop-000123.zip",
		Args: func(c *cobra.Command, args []string) error {
			switch {
			case o.newKey != "" && len(args) > 0:
				return fault.New(fault.Invalid, "--new-key makes a key and packs nothing; leave %s out", args[0])
			case o.newKey == "" && len(args) != 1:
				return fault.New(fault.Invalid, "say which page: one id, such as \"pageinspect results\" lists")
			}
			return nil
		},
		RunE: func(c *cobra.Command, ids []string) error {
			if o.newKey != "" {
				return newKey(o.newKey, c.OutOrStdout())
			}
			return packEvidence(c.Context(), o, ids[0], c.OutOrStdout())
		},
	}
	o.place.flags(c)
	o.out.flags(c)
	f := c.Flags()
	f.StringVarP(&o.output, "output", "o", "", "file to write; ID.zip if it is not said")
	f.StringVar(&o.newKey, "new-key", "", "make a key, write it to this file and print its public key")
	f.StringVar(&o.as, "as", live.User(), "who packs, as the archive says it")
	return c
}

func newKey(file string, stdout io.Writer) error {
	public, err := evidence.NewKey(file)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "The private key is in %s, which only you can read. Give the public key to whoever is to verify:\n%s\n", file, evidence.KeyText(public))
	return nil
}

func packEvidence(ctx context.Context, o evidenceOptions, id string, stdout io.Writer) error {
	out, err := o.out.out()
	if err != nil {
		return err
	}
	packer := evidence.Packer{Key: out.Key, Stamp: out.Stamp, Tool: out.Tool, Now: time.Now}
	leave, err := o.enter(ctx, &packer)
	if err != nil {
		return err
	}
	defer leave()
	if o.output == "" {
		o.output = id + ".zip"
	}
	f, err := os.CreateTemp(filepath.Dir(o.output), ".evidence-*")
	if err != nil {
		return fault.New(fault.Invalid, "--output: %v", err)
	}
	defer os.Remove(f.Name()) //nolint:errcheck // it has its name by then
	s, err := packer.Pack(ctx, f, id, o.as)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), o.output)
	}
	if errors.Is(err, store.ErrNotExist) && len(s.Files) == 0 {
		return fault.New(fault.Invalid, "there is no result of %q here; \"pageinspect results\" lists what there is: %v", id, err)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s: %s of %s, packed by %s\n", o.output, plural(len(s.Files), "file"), s.ID, oneLine(s.PackedBy))
	for _, m := range s.Missing {
		fmt.Fprintln(stdout, "  "+oneLine(m))
	}
	next := "Next: pageinspect verify " + o.output
	if s.Key != "" {
		next += " --public-key " + s.Key
	} else {
		fmt.Fprintln(stdout, "  Nobody signed it, so it does not prove who packed it: give --key")
	}
	fmt.Fprintln(stdout, next)
	return nil
}

// enter gives the packer the pages and decisions that the flags name. A directory in
// which nobody decided is only read.
func (o evidenceOptions) enter(ctx context.Context, packer *evidence.Packer) (leave func(), err error) {
	if o.place.dir != "" {
		if _, err := os.Stat(filepath.Join(o.place.dir, ".desk")); errors.Is(err, fs.ErrNotExist) {
			root, err := os.OpenRoot(o.place.dir)
			if err != nil {
				return nil, fault.New(fault.Invalid, "--dir: %v; give the one that run wrote, such as out", err)
			}
			packer.Pages = &pages.Source{Folder: root.FS()}
			return func() { root.Close() }, nil //nolint:errcheck // it was only read
		}
	}
	room, _, err := o.place.look(ctx)
	if err != nil {
		return nil, err
	}
	packer.Pages, packer.Ledger = room.pages, room.ledger
	return room.leave, nil
}
