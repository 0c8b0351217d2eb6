package list

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/pageinspect/pageinspect/shared/fault"
	"golang.org/x/text/encoding/korean"
	utf16 "golang.org/x/text/encoding/unicode"
)

const bom = "\xef\xbb\xbf" // what Windows' editors put before UTF-8

// decode makes UTF-8 of what Windows' editors and Excel write, with line ends of
// Unix, and says so. What cannot be told stays as it is: notText refuses its lines.
func decode(data []byte) (text []byte, note string) {
	text = data
	if order, ok := wide(data); ok {
		if b, err := utf16.UTF16(order, utf16.UseBOM).NewDecoder().Bytes(data); err == nil {
			text, note = b, `is UTF-16 (Windows says "Unicode"), and was read as such`
		}
	} else if b, first, ok := korea(data); ok {
		text = b
		note = fmt.Sprintf("is CP949 (as Korean Excel saves CSV), and was read as such; it should say %q", cut(first, 60))
	}
	text = bytes.TrimPrefix(text, []byte(bom))
	if bytes.IndexByte(text, '\n') < 0 { // old Macs, and Excel's "CSV (Macintosh)"
		text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	}
	return text, note
}

// wide says whether data is UTF-16: by its mark, or because every second byte of
// what ASCII it begins with is zero.
func wide(data []byte) (utf16.Endianness, bool) {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return utf16.LittleEndian, true
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return utf16.BigEndian, true
	}
	var zeros [2]int
	sample := data[:min(len(data), 4096)&^1]
	for i, b := range sample {
		if b == 0 {
			zeros[i%2]++
		}
	}
	switch half := len(sample) / 2; {
	case zeros[1] > half/2 && zeros[0] == 0:
		return utf16.LittleEndian, true
	case zeros[0] > half/2 && zeros[1] == 0:
		return utf16.BigEndian, true
	}
	return utf16.LittleEndian, false
}

// korea decodes data if it is CP949: whatever is not ASCII in it is, line for
// line, no UTF-8 and mostly Hangul. first is the first such line.
func korea(data []byte) (text []byte, first string, ok bool) {
	if utf8.Valid(data) {
		return nil, "", false
	}
	for line := range bytes.Lines(data) {
		if ascii(line) {
			continue
		}
		said, is := hangul(line)
		if utf8.Valid(line) || !is {
			return nil, "", false
		}
		if first == "" {
			first = string(bytes.TrimSpace([]byte(said)))
		}
	}
	text, err := korean.EUCKR.NewDecoder().Bytes(data)
	return text, first, err == nil
}

func ascii(b []byte) bool {
	return !bytes.ContainsFunc(b, func(r rune) bool { return r >= utf8.RuneSelf })
}

// hangul reads a line as CP949, and says whether it likely is.
func hangul(line []byte) (string, bool) {
	text, err := korean.EUCKR.NewDecoder().Bytes(line)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return "", false
	}
	syllables, others := 0, 0
	for _, r := range string(text) {
		switch {
		case unicode.Is(unicode.Hangul, r):
			syllables++
		case r >= utf8.RuneSelf:
			others++
		}
	}
	return string(text), syllables > others
}

// notText refuses what is not UTF-8: decoding it all the same would make another
// address of it.
func notText(line []byte) error {
	switch {
	case bytes.IndexByte(line, 0) >= 0, bytes.HasPrefix(line, []byte("\xff\xfe")), bytes.HasPrefix(line, []byte("\xfe\xff")):
		return fault.New(fault.Invalid, "not UTF-8, but UTF-16 (Windows calls it Unicode); save the file as UTF-8")
	case utf8.Valid(line):
		return nil
	}
	if text, ok := hangul(line); ok {
		return fault.New(fault.Invalid, "not UTF-8 as other lines are, but likely CP949 (EUC-KR, as Korean Excel saves CSV): %q; save the file as UTF-8", text)
	}
	return fault.New(fault.Invalid, "not UTF-8, but an encoding such as Windows-1252 (Latin-1); save the file as UTF-8")
}

// cut is the beginning of s.
func cut(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes]) + "…"
	}
	return s
}
