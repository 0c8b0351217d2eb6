package recognize

import (
	"fmt"
	"slices"
	"strings"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// judgements is what the engine made of each tile that it read, if it was asked.
// Of one whose text was known before, and for which the time ran out, it made
// nothing: every likelihood is unknown.
func (j *Job) judgements() []result.SafeSearch {
	if !j.manifest.SafeSearch {
		return nil
	}
	var out []result.SafeSearch
	name := func(l visionpb.Likelihood) string { return strings.ToLower(l.String()) }
	for i, t := range j.texts {
		if t.err == nil {
			s := t.safe
			out = append(out, result.SafeSearch{
				Tile: i, Adult: name(s.GetAdult()), Racy: name(s.GetRacy()), Violence: name(s.GetViolence()), Medical: name(s.GetMedical()), Spoof: name(s.GetSpoof()),
			})
		}
	}
	return out
}

// indecency is a rule about pictures: how severe its finding is at which
// likelihood. What is not listed is no finding.
type indecency struct {
	rule, message string
	of            func(result.SafeSearch) string
	severities    map[string]result.Severity
}

// Only what is for adults beyond doubt rejects a page without a person: a
// likelihood is an opinion. Underwear and swimwear are racy and lawful, and a
// cosmetics page's wounds and needles look violent. medical and spoof are not
// indecent, and stay in the result without a finding.
var indecencies = []indecency{
	{"image.adult", "성인용으로 보이는 이미지", func(s result.SafeSearch) string { return s.Adult },
		map[string]result.Severity{"very_likely": result.High, "likely": result.ReviewSeverity, "possible": result.Info}},
	{"image.violence", "폭력적으로 보이는 이미지", func(s result.SafeSearch) string { return s.Violence },
		map[string]result.Severity{"very_likely": result.ReviewSeverity, "likely": result.ReviewSeverity}},
	{"image.racy", "선정적으로 보이는 이미지", func(s result.SafeSearch) string { return s.Racy },
		map[string]result.Severity{"very_likely": result.ReviewSeverity, "likely": result.Info}},
}

// unjudgedRule is the finding that an engine had no opinion, as the stand-in
// never has: a page that was to be judged and was not does not pass.
const unjudgedRule = "image.not-judged"

// indecent lists the findings about pictures, each with the box of its tile: the
// engine does not say where in the picture.
func indecent(r *result.Result) []result.Finding {
	var out []result.Finding
	var unjudged []page.Box
	for _, s := range r.SafeSearch {
		if s.Tile < 0 || s.Tile >= len(r.Tiles) {
			continue
		}
		t := r.Tiles[s.Tile]
		box := page.Box{X: float64(t.X), Y: float64(t.Y), W: float64(t.Width), H: float64(t.Height)}
		if slices.Contains([]string{s.Adult, s.Racy, s.Violence}, "unknown") {
			unjudged = append(unjudged, box)
		}
		for _, i := range indecencies {
			if severity, ok := i.severities[i.of(s)]; ok {
				out = append(out, result.Finding{
					Rule: i.rule, Severity: severity, Mode: result.Enforce, Box: box, Lines: []int{},
					Message: fmt.Sprintf("%s (%s)", i.message, strings.ReplaceAll(i.of(s), "_", " ")),
				})
			}
		}
	}
	if len(unjudged) > 0 {
		f := result.Finding{
			Rule: unjudgedRule, Severity: result.ReviewSeverity, Mode: result.Enforce, Boxes: unjudged, Lines: []int{},
			Message: fmt.Sprintf("이미지 %d장 중 %d장의 유해성을 판정하지 못함: 직접 확인 필요", len(r.SafeSearch), len(unjudged)),
		}
		for _, b := range unjudged {
			f.Box = f.Box.Union(b)
		}
		out = append(out, f)
	}
	return out
}
