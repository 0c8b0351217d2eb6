package memstore_test

import (
	"testing"

	"github.com/pageinspect/pageinspect/shared/store/memstore"
	"github.com/pageinspect/pageinspect/shared/store/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Conformance(t, func(*testing.T) (storetest.Store, string) { return memstore.New("test-bucket"), "test-bucket" })
}
