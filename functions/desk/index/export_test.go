package index

import (
	"context"

	"github.com/pageinspect/pageinspect/functions/desk/pages"
)

// Plain is text as it is searched.
var Plain = plain

// Fill puts n results, as CatchUp would from a disk that has them all.
func Fill(ctx context.Context, x *Index, n int, read func(i int) (pages.Ref, []byte)) error {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	get := func(_ context.Context, i int) (*doc, error) {
		ref, b := read(i)
		return docOf(b, ref)
	}
	u := &catchUp{x: x}
	broke := func(i int, err error) { panic(err) }
	return eachRead(ctx, fromBucket, numbers, get, broke, u.take)
}

// Search searches as if for the first time.
func (x *Index) Search(ctx context.Context, text string) error {
	x.searched.put("", -1, nil)
	_, err := x.search(ctx, plain(text))
	return err
}
