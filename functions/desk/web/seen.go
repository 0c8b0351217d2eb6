package web

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"

	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/result"
)

// seen is a result as a reviewer has it before them.
type seen struct {
	pages.Ref
	result.Result
	stored []byte
}

// see reads a result, which must be in the version that the reviewer saw: nothing is
// decided on what they did not. One that is newer is shown at once from here on.
func (d *Desk) see(ctx context.Context, id string, version json.Number) (seen, error) {
	if version == "" {
		return seen{}, fault.New(fault.Invalid, "version: missing; say which version of the result was seen")
	}
	b, ref, err := d.Pages.Read(ctx, id)
	if err != nil {
		return seen{}, err
	}
	r, err := result.Decode(b)
	if err != nil {
		return seen{}, fault.Wrap(fault.Internal, err, "decode the result of %s", id)
	}
	if version.String() != spellVersion(ref.Version) {
		if err := d.Index.Put(ctx, r, ref); err != nil {
			d.Log.ErrorContext(ctx, "a newer result is not in the index", "id", id, "error", err)
		}
		return seen{}, errStale
	}
	return seen{ref, r, b}, nil
}

// spellVersion writes a version so that no script rounds it.
func spellVersion(v int64) string { return strconv.FormatInt(v, 10) }

// keep keeps a result as it is shown, and says what that was.
func (d *Desk) keep(ctx context.Context, s seen) (decision.Shown, error) {
	hash, err := d.Ledger.Keep(ctx, s.Ref.ID, s.stored)
	if err != nil {
		return decision.Shown{}, err
	}
	shown := decision.Shown{
		URL: s.URL, Verdict: s.Verdict, Result: hash, Text: decision.TextSum(s.Result),
		CapturedAt: s.CapturedAt, RecognizedAt: s.RecognizedAt, Rules: s.Rules,
	}
	if !s.ReinspectedAt.IsZero() {
		shown.RecognizedAt = s.ReinspectedAt
	}
	return shown, nil
}

// cropAt is the address of the picture of a row's worst finding, which changes when the
// result does: a browser keeps it for good.
func cropAt(id string, version int64, finding int) string {
	return "/p/" + url.PathEscape(id) + "/crop/" + strconv.Itoa(finding) + "?w=480&v=" + spellVersion(version)
}
