package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// acts says whether a rune does something to a terminal, or to the order of the
// text around it, instead of being seen: control characters (C0, DEL, C1),
// bidirectional controls, and the separators of lines and paragraphs.
func acts(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// plain is text from outside as it may be printed: pages, ids and Kafka's
// records can hold escape sequences. What acts is replaced by U+FFFD; lines end
// where they did.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r != '\n' && acts(r):
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// oneLine is plain text that cannot begin a line of its own either.
func oneLine(s string) string { return strings.ReplaceAll(plain(s), "\n", " ") }

// screen is standard output or error: all that the program prints goes through it,
// whole lines at a time, and leaves it plain, whatever its printer forgot. Only a
// bar draws on the terminal itself.
type screen struct{ io.Writer }

func (s screen) Write(b []byte) (int, error) {
	if _, err := io.WriteString(s.Writer, plain(string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// terminal is what is behind a screen.
func terminal(w io.Writer) io.Writer {
	if s, ok := w.(screen); ok {
		return s.Writer
	}
	return w
}

// printLines prints each value as a line of JSON, in which what acts is escaped:
// a program reads the same, and a terminal shows it.
func printLines[T any](w io.Writer, all []T) error {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	for _, v := range all {
		line.Reset()
		if err := enc.Encode(v); err != nil {
			return err
		}
		if _, err := w.Write(escaped(line.Bytes())); err != nil {
			return err
		}
	}
	return nil
}

// escaped is JSON, which has such runes in its strings alone, and a line end after it.
func escaped(line []byte) []byte {
	var out []byte
	for _, r := range string(bytes.TrimSuffix(line, []byte("\n"))) {
		if acts(r) {
			out = fmt.Appendf(out, `\u%04x`, r)
		} else {
			out = utf8.AppendRune(out, r)
		}
	}
	return append(out, '\n')
}

// counts are numbers with their names, in the order of the names.
func counts(of map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		parts = append(parts, oneLine(thousands(of[name])+" "+name))
	}
	return strings.Join(parts, ", ")
}

func local(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format(time.DateTime)
}

// logger is for what the command itself has to say while it runs. Once it is
// interrupted, what its parts miss while they end is of no interest.
func logger(ctx context.Context, w io.Writer) *slog.Logger {
	return slog.New(untilDone{slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}), ctx})
}

// untilDone has nothing to say after life.
type untilDone struct {
	slog.Handler
	life context.Context
}

func (h untilDone) Enabled(ctx context.Context, l slog.Level) bool {
	return h.life.Err() == nil && h.Handler.Enabled(ctx, l)
}

func (h untilDone) WithAttrs(a []slog.Attr) slog.Handler {
	return untilDone{h.Handler.WithAttrs(a), h.life}
}

func (h untilDone) WithGroup(name string) slog.Handler {
	return untilDone{h.Handler.WithGroup(name), h.life}
}

// isTerminal says whether w is a terminal that can go back in a line.
func isTerminal(w io.Writer) bool { return terminalWidth(w) > 0 && os.Getenv("TERM") != "dumb" }

// terminalWidth is in cells, and 0 where there is no terminal.
func terminalWidth(w io.Writer) int {
	f, ok := terminal(w).(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return 80 // one that does not tell
	}
	return width
}
