package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"unsafe"

	"github.com/jedib0t/go-pretty/v6/text"
)

// TestTheScreenIsPlain whatever a printer forgets.
func TestTheScreenIsPlain(t *testing.T) {
	var b bytes.Buffer
	n, err := io.WriteString(screen{&b}, hostile+"\n")
	if err != nil || n != len(hostile)+1 {
		t.Errorf("%d of %d, %v", n, len(hostile)+1, err)
	}
	for _, r := range b.String() {
		if r != '\n' && acts(r) {
			t.Errorf("%U", r)
		}
	}
}

// TestStandardInputIsGivenUp when the command is interrupted: nobody may ever end it.
func TestStandardInputIsGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	defer w.Close()
	read := make(chan error, 1)
	in := interruptible{ctx, r}
	go func() { _, err := io.ReadAll(in); read <- err }()
	io.WriteString(w, "https://a.example/\n") //nolint:errcheck // it is read
	cancel()
	if err := <-read; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if b, err := io.ReadAll(interruptible{t.Context(), strings.NewReader("whole")}); string(b) != "whole" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
}

// TestInterruptedCommands: each says so, however it waits, with the exit code of an
// interrupt.
func TestInterruptedCommands(t *testing.T) {
	wholeProgram(t)
	for _, args := range [][]string{{"submit", "-"}, {"run", "-"}, {"run", "-n", "-"}, {"reinspect", "--file", "-"}, {"errors", "--dead-letter", "-"}, {"results", "--dir", ".", "--file", "-"}} {
		cmd := exec.CommandContext(t.Context(), filepath.Join(programs, "pageinspect"), args...)
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// It listens for signals long before it reads; that it does is seen by what
		// it has taken of a pipe that holds 64 KB.
		if _, err := in.Write(bytes.Repeat([]byte("https://a.example/\n"), 10_000)); err != nil {
			t.Errorf("%v: %v, %s", args, err, stderr.String())
			continue
		}
		cmd.Process.Signal(os.Interrupt) //nolint:errcheck // the state tells
		cmd.Wait()                       //nolint:errcheck // the state tells
		if got := stderr.String(); cmd.ProcessState.ExitCode() != exitInterrupted || got != "pageinspect: interrupted\n" {
			t.Errorf("%v: %s, %q", args, cmd.ProcessState, got)
		}
	}
}

// TestInterruptedAtOnce: a command that has nothing to tidy up ends where it is.
func TestInterruptedAtOnce(t *testing.T) {
	wholeProgram(t)
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(programs, "pageinspect"), "rules", "try", "--file", pipe)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w, err := os.OpenFile(pipe, os.O_WRONLY, 0) // returns once it reads
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	cmd.Process.Signal(os.Interrupt) //nolint:errcheck // the state tells
	cmd.Wait()                       //nolint:errcheck // the state tells
	if got := stderr.String(); cmd.ProcessState.ExitCode() != exitInterrupted || got != "pageinspect: interrupted\n" {
		t.Errorf("%s, %q", cmd.ProcessState, got)
	}
}

// onTerminal runs the command on a terminal so many cells wide, and returns what
// it drew there.
func onTerminal(t *testing.T, width int, env []string, args ...string) (exit int, drawn string) {
	t.Helper()
	wholeProgram(t)
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	defer master.Close()
	ioctl := func(request uintptr, argument unsafe.Pointer) {
		if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), request, uintptr(argument)); e != 0 {
			t.Fatal(e)
		}
	}
	var number, unlock uint32
	ioctl(syscall.TIOCSPTLCK, unsafe.Pointer(&unlock))
	ioctl(syscall.TIOCGPTN, unsafe.Pointer(&number))
	ioctl(syscall.TIOCSWINSZ, unsafe.Pointer(&[4]uint16{24, uint16(width)}))
	slave, err := os.OpenFile(filepath.Join("/dev/pts", itoa(int(number))), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(programs, "pageinspect"), args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	b, _ := io.ReadAll(master) // ends with an error when nobody has the terminal any more
	cmd.Wait()                 //nolint:errcheck // the state tells
	return cmd.ProcessState.ExitCode(), string(b)
}

func itoa(n int) string { return strings.TrimSpace(strings.Join(strings.Fields(thousands(n)), "")) }

// TestTerminals: tables and sums keep to a narrow terminal, without colours, and
// what is hostile acts on none. Bars are drawn only where a line can be drawn anew.
func TestTerminals(t *testing.T) {
	dir := outFolder(t)
	for _, c := range []struct {
		width int
		env   []string
	}{{60, nil}, {80, []string{"NO_COLOR=1"}}, {200, []string{"TERM=dumb"}}} {
		for _, args := range [][]string{{"results", "--dir", dir}, {"results", "--dir", dir, "--findings"}, {"plan", "--pages", "1000"}, {"rules", "list"}} {
			_, drawn := onTerminal(t, c.width, c.env, args...)
			drawn = strings.ReplaceAll(drawn, "\r\n", "\n")
			if strings.ContainsAny(drawn, "\x1b\x07\u202e") || drawn == "" {
				t.Errorf("%d cells, %v: %q", c.width, args, drawn)
			}
			for line := range strings.Lines(drawn) {
				line = line[strings.LastIndexByte(line, '\r')+1:] // what stands where a bar was
				if over := text.StringWidth(strings.TrimRight(line, "\n")) - c.width; strings.ContainsAny(line, "│┌├└") && over > 0 {
					t.Errorf("%d cells, %v: %d too many in %q", c.width, args, over, line)
				}
			}
			if c.width == 200 && strings.Contains(drawn, "\r") {
				t.Errorf("%v draws over its line on a terminal that cannot: %q", args, drawn)
			}
		}
	}
}
