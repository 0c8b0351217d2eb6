package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFonts(t *testing.T) {
	t.Run("this machine's", func(t *testing.T) {
		if err := started(t, Config{Tabs: 1, Recycle: 9}).CheckFonts(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("none for Korean", func(t *testing.T) {
		none := filepath.Join(t.TempDir(), "fonts.conf")
		conf := fmt.Sprintf(`<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>%s</dir><cachedir>%[1]s</cachedir></fontconfig>`, t.TempDir())
		if err := os.WriteFile(none, []byte(conf), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv("FONTCONFIG_FILE", none)
		err := started(t, Config{Tabs: 1, Recycle: 9}).CheckFonts(t.Context())
		if err == nil || !strings.Contains(err.Error(), "no font for Korean") {
			t.Errorf("got %v", err)
		}
	})
}
