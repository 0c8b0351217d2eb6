package recognize

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/googleapis/gax-go/v2"
	"github.com/pageinspect/pageinspect/recognize/annotate"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
)

// censor is a Vision that judges the pictures that it is asked to judge.
type censor struct {
	reader
	says *visionpb.SafeSearchAnnotation
	of   string // the end of the address of the one picture that it says that of
}

func (v *censor) BatchAnnotateImages(ctx context.Context, r *visionpb.BatchAnnotateImagesRequest, opts ...gax.CallOption) (*visionpb.BatchAnnotateImagesResponse, error) {
	out, err := v.reader.BatchAnnotateImages(ctx, r, opts...)
	for i, a := range r.Requests {
		for _, f := range a.Features {
			if f.Type == annotate.SafeSearch {
				out.Responses[i].SafeSearchAnnotation = &visionpb.SafeSearchAnnotation{Adult: 1, Racy: 1, Violence: 1, Medical: 1, Spoof: 1}
				if strings.HasSuffix(a.Image.Source.ImageUri, v.of) {
					out.Responses[i].SafeSearchAnnotation = v.says
				}
			}
		}
	}
	return out, err
}

func TestIndecentPictures(t *testing.T) {
	const unknown, very, likely, possible, unlikely = visionpb.Likelihood_UNKNOWN, visionpb.Likelihood_VERY_LIKELY, visionpb.Likelihood_LIKELY, visionpb.Likelihood_POSSIBLE, visionpb.Likelihood_UNLIKELY
	for _, c := range []struct {
		name                  string
		adult, racy, violence visionpb.Likelihood
		medical, spoof        visionpb.Likelihood
		rules                 string
		verdict               result.Verdict
	}{
		{"nothing", unlikely, unlikely, unlikely, 1, 1, "", result.Pass},
		{"for adults", very, unlikely, unlikely, 1, 1, "image.adult/high", result.Reject},
		{"perhaps for adults", likely, unlikely, unlikely, 1, 1, "image.adult/review", result.Review},
		{"hardly for adults", possible, unlikely, unlikely, 1, 1, "image.adult/info", result.Pass},
		{"violent", unlikely, unlikely, very, 1, 1, "image.violence/review", result.Review},
		{"swimwear", unlikely, likely, unlikely, 1, 1, "image.racy/info", result.Pass},
		{"very racy", unlikely, very, unlikely, 1, 1, "image.racy/review", result.Review},
		{"medical and a spoof", unlikely, unlikely, unlikely, very, very, "", result.Pass},
		{"several", very, very, likely, 1, 1, "image.adult/high image.violence/review image.racy/review", result.Reject},
		{"not judged", unknown, unknown, unknown, 0, 0, "image.not-judged/review", result.Review},
		{"half judged", likely, unknown, unlikely, 0, 0, "image.adult/review image.not-judged/review", result.Review},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, m, _ := recognizer(t)
			r.Vision = &censor{reader{words: []printed{{"안녕하세요", 100, 200, 90, 30, true}}},
				&visionpb.SafeSearchAnnotation{Adult: c.adult, Racy: c.racy, Violence: c.violence, Medical: c.medical, Spoof: c.spoof}, "/003.jpg"}
			m.tall(t, func(p *page.Manifest) { p.SafeSearch, p.Request.Category = true, "" })
			_, res, err := r.Page(t.Context(), manifestURI)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range res.Findings {
				got = append(got, f.Rule+"/"+string(f.Severity))
				if want := (page.Box{Y: 1200, W: 1000, H: 500}); f.Box != want || f.Message == "" || f.Mode != result.Enforce {
					t.Errorf("%+v, want the box %v", f, want)
				}
			}
			if strings.Join(got, " ") != c.rules || res.Verdict != c.verdict {
				t.Errorf("findings %q, verdict %s; want %q, %s", got, res.Verdict, c.rules, c.verdict)
			}
			if res.Vision.Units != 16 || len(res.SafeSearch) != 8 || res.SafeSearch[3].Adult != strings.ToLower(c.adult.String()) {
				t.Errorf("vision %+v, judged %+v", res.Vision, res.SafeSearch)
			}
		})
	}
}

// TestNobodyAskedNobodyJudges, nor pays for it.
func TestNobodyAskedNobodyJudges(t *testing.T) {
	r, m, _ := recognizer(t)
	r.Vision = &censor{reader{words: claim}, &visionpb.SafeSearchAnnotation{Adult: 5}, ""}
	m.tall(t, nil)
	if _, res, err := r.Page(t.Context(), manifestURI); err != nil || res.Vision.Units != 8 || res.SafeSearch != nil {
		t.Errorf("%+v, %v, %v", res.Vision, res.SafeSearch, err)
	}
}

// TestTimeRunsOutBeforeThePicturesAreJudged, whose text was known before: nobody
// knows what they show, so the page does not pass.
func TestTimeRunsOutBeforeThePicturesAreJudged(t *testing.T) {
	words := []printed{{"안녕하세요", 100, 200, 90, 30, true}}
	r, m, _ := recognizer(t, words...)
	withCache(r, m)
	m.tall(t, nil)
	if _, res, err := r.Page(t.Context(), manifestURI); err != nil || res.Verdict != result.Pass {
		t.Fatalf("%s, %v", res.Verdict, err)
	}
	m.drop(store.URI{Bucket: "results", Object: "p-1/result.json"})
	m.tall(t, func(p *page.Manifest) { p.SafeSearch = true })
	synctest.Test(t, func(t *testing.T) {
		r.Vision = &stuck{reader{words: words}, ""}
		ctx, cancel := context.WithTimeout(t.Context(), 540*time.Second)
		defer cancel()
		_, res, err := r.Page(ctx, manifestURI)
		unjudged := func(f result.Finding) bool { return f.Rule == unjudgedRule && len(f.Boxes) == 8 }
		if err != nil || res.Verdict != result.Review || !slices.ContainsFunc(res.Findings, unjudged) {
			t.Errorf("verdict %s, findings %+v, %v; want it said that nothing was judged", res.Verdict, res.Findings, err)
		}
	})
}
