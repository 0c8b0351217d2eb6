package index

// After is the end of an answer whose last row is a page where it stands now, for
// Query.After; "" where there is no such page.
func (x *Index) After(q Query, id string) string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if e, ok := x.pages[id]; ok {
		return e.cursor(q.order())
	}
	return ""
}
