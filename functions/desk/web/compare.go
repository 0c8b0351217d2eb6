package web

import (
	"encoding/hex"
	"net/http"
	"slices"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// compareView is what compare.html reads.
type compareView struct {
	ID, Title, Filter string
	Kept              []keptVersion
	With              string // hash of the one that is shown; "": there is none
	Links             []pageLink
}

// compare shows a page as it was beside what it is now.
func (g *reading) compare(w http.ResponseWriter, r *http.Request) {
	now, err := g.now(r.Context(), r.PathValue("id"))
	if err != nil {
		g.fail(w, r, err)
		return
	}
	v := compareView{ID: now.ID, Title: titleOf(now.Result), Filter: filterQuery(r.URL), Links: viewOf(now.Result, "").Links}
	v.Kept, v.With, err = g.before(r, now.ID)
	if err != nil {
		g.fail(w, r, err)
		return
	}
	g.show(w, r, http.StatusOK, "compare", v)
}

// before are the versions that were kept of a page, and which of them is compared: the
// one that with= names, else what this reader saw when they decided last, else what
// anybody saw, else the latest that was kept.
func (g *reading) before(r *http.Request, id string) ([]keptVersion, string, error) {
	onPage, err := g.Ledger.Read(r.Context(), decision.Page, id)
	if err != nil {
		return nil, "", err
	}
	all, err := g.versions(r.Context(), id, onPage)
	if err != nil {
		return nil, "", err
	}
	there := func(hash string) bool {
		return slices.ContainsFunc(all, func(k keptVersion) bool { return k.Hash == hash })
	}
	if asked := r.URL.Query().Get("with"); asked != "" {
		if !there(asked) {
			return nil, "", errNotFound
		}
		return all, asked, nil
	}
	return all, lastSeen(onPage, sessionOf(r).Who, there, all), nil
}

func lastSeen(onPage []decision.Decision, who string, there func(string) bool, kept []keptVersion) string {
	for _, mine := range []bool{true, false} {
		for _, d := range slices.Backward(onPage) {
			if (d.By == who || !mine) && there(d.Shown.Result) {
				return d.Shown.Result
			}
		}
	}
	if len(kept) > 0 {
		return kept[0].Hash
	}
	return ""
}

// compared is what the script of a comparison is given.
type compared struct {
	Old pageData `json:"old"`
	New pageData `json:"new"`
	// Level are heights of the old page and of the new that show the same thing; both rise.
	Level   [][2]float64 `json:"level"`
	Changes []change     `json:"changes"` // from top to bottom
	Same    sameCounts   `json:"same"`
}

type sameCounts struct {
	Lines    int `json:"lines"`
	Findings int `json:"findings"`
	Pictures int `json:"pictures"`
}

// change is one thing that came, went, changed or moved. Old and New are indexes into
// the lines, findings or tiles of the two sides.
type change struct {
	What  string `json:"what"` // text, finding, picture
	Kind  string `json:"kind"` // came, went, changed, moved
	Old   []int  `json:"old,omitempty"`
	New   []int  `json:"new,omitempty"`
	Parts []part `json:"parts,omitempty"` // letters, of a changed text
}

// comparison answers what changed since a version that was kept.
func (g *reading) comparison(w http.ResponseWriter, r *http.Request) {
	id, hash := r.PathValue("id"), r.URL.Query().Get("with")
	if b, err := hex.DecodeString(hash); err != nil || len(b) != 32 {
		g.fail(w, r, fault.New(fault.Invalid, "with: want the hash of a version that was kept"))
		return
	}
	now, err := g.now(r.Context(), id)
	if err != nil {
		g.fail(w, r, err)
		return
	}
	old, err := g.keptAs(r.Context(), id, hash)
	if err != nil {
		g.fail(w, r, err)
		return
	}
	if old.ID != now.ID {
		g.fail(w, r, fault.New(fault.Internal, "what was kept of %s is a result of %s", now.ID, old.ID))
		return
	}
	c := compareResults(old.Result, now.Result)
	c.Old, c.New = dataOf(old, keptAddress(id, hash)), dataOf(now, nowAddress(now))
	g.answer(w, r, http.StatusOK, c)
}
