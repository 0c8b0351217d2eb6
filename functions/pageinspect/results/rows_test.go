package results

import "testing"

func TestURLColumn(t *testing.T) {
	if PageHeader[URLColumn] != "url" || FindingHeader[URLColumn] != "url" {
		t.Error("URLColumn is another column")
	}
}
