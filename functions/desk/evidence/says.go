package evidence

import (
	"fmt"
	"time"
)

// Proves says in sentences what the archive proves.
func (v Verified) Proves() []string {
	s := v.Statement
	all := []string{fmt.Sprintf("It is whole: its %s are those that %s lists, to the byte, and there is nothing else in it.", plural(len(s.Files), "file"), statementName)}
	switch {
	case v.Trusted:
		all = append(all, fmt.Sprintf("It was packed by whoever holds the private key of %s, which is the key that you named, and has not changed since.", s.Key))
	case v.Signed:
		all = append(all, fmt.Sprintf("It was packed by whoever holds the private key of %s, and has not changed since. Whose that is, the archive cannot prove: compare it with the key that the packer gave you by another way, with --public-key.", s.Key))
	}
	if v.Stamped != nil {
		word := fmt.Sprintf("It existed at %s: the timestamp authority %q says so", stamp(v.Stamped.At), v.Stamped.By)
		if v.Stamped.Trusted {
			word += ", for whom the certificates that you gave vouch."
		} else {
			word += ". Who that is, the archive cannot prove: give the certificate of one that you trust, with --timestamp-ca."
		}
		all = append(all, word)
	}
	pictures := fmt.Sprintf("The result was read from these %s, by the sum of each", plural(v.Tiles.Pictures, "picture"))
	if v.Tiles.Manifest {
		pictures += ", and they are those that the manifest of the capture lists"
		if v.Tiles.Seams > 0 {
			pictures += fmt.Sprintf(" (%d were made from the edges of others)", v.Tiles.Seams)
		}
	}
	all = append(all, pictures+".")
	if d := v.Decisions; d.Page+d.Pictures > 0 {
		all = append(all, fmt.Sprintf("%s about this page, and %s about pictures that it shows, are whole and in order; %d of the former on exactly this result.",
			plural(d.Page, "decision"), plural(d.Pictures, "decision"), d.OnThis))
	}
	return all
}

// ProvesNot says what it does not prove, and what it has not.
func (v Verified) ProvesNot() []string {
	var all []string
	if !v.Signed {
		all = append(all, "Who packed it, and that it has not changed since: nobody signed it, and whoever changes a file can make new sums for all.")
	}
	if v.Stamped == nil {
		all = append(all, fmt.Sprintf("When it was packed: %s is the packer's word.", stamp(v.Statement.PackedAt)))
	}
	all = append(all,
		fmt.Sprintf("When the page was captured: %s is the word of the machine that captured it.", stamp(v.Statement.CapturedAt)),
		"That the page looked so to everybody: pages differ by visitor, place and time, and this is what one browser was shown.",
		"That the packer is honest: who holds the key could have packed a page that never was.",
		"That what was read, found and decided is right: look at the pictures.")
	if n := v.Decisions.NotKept; n > 0 {
		all = append(all, fmt.Sprintf("What was shown for %s: that was not kept.", plural(n, "decision")))
	}
	return append(all, v.Statement.Missing...)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "no time"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
