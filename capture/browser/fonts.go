package browser

import (
	"context"
	"errors"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
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
// captured, none could be read, and nothing would say so. It asks the blank page
// that a browser begins with: a tab of its own would take a renderer's start.
func (b *Browser) CheckFonts(ctx context.Context) error {
	p, err := b.enter(ctx)
	if err != nil {
		return err
	}
	defer b.leave(p)
	run, cancel := context.WithCancel(p.ctx)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	res, err := chromedp.Call(run, runtime.Evaluate, runtime.EvaluateParams{Expression: drawsApart})
	switch {
	case err != nil:
		return errors.Join(ctx.Err(), fault.Wrap(fault.Internal, err, "ask for the browser's fonts"))
	case string(res.Result.Value) != "true":
		return fault.New(fault.Internal, "%s has no font for Korean: 가 is drawn as a box; install one, such as fonts-nanum (on macOS: brew install --cask font-nanum-gothic)", b.path)
	}
	return nil
}
