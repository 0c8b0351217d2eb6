package browser

import (
	"context"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// drawsApart says whether two syllables are drawn differently. Without a font
// for them both are the same box.
const drawsApart = `(() => {
	const draw = s => {
		const c = Object.assign(document.createElement("canvas"), {width: 64, height: 64}).getContext("2d");
		c.font = "48px sans-serif";
		c.fillText(s, 4, 52);
		return c.getImageData(0, 0, 64, 64).data.join();
	};
	return draw("가") !== draw("힣");
})()`

// CheckFonts fails where Korean would be drawn as boxes: every page would be
// captured, none could be read, and nothing would say so. It takes a tab.
func (b *Browser) CheckFonts(ctx context.Context) error {
	t, err := b.Open(ctx)
	if err != nil {
		return err
	}
	defer t.Close()
	if err := t.Enter(ctx); err != nil {
		return err
	}
	apart, err := Evaluate[bool](ctx, t, drawsApart)
	if err == nil && !apart {
		err = fault.New(fault.Internal, "%s has no font for Korean: 가 is drawn as a box; install one, such as fonts-nanum (on macOS: brew install --cask font-nanum-gothic)", b.path)
	}
	return err
}
