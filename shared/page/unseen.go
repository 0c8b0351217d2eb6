package page

// Unseen is a part of the page that was not seen, or not read, and why. A page
// with any is never a pass: what was not seen may say anything.
type Unseen struct {
	Kind UnseenKind `json:"kind"`
	// Box is where it is, or would be. It is empty where nobody can tell: a
	// script that did not come could have put its content anywhere.
	Box Box    `json:"box"`
	Why string `json:"why"` // a sentence for the reviewer: what happened, and how large it is
	// Source is the address that brought nothing, or only a part.
	Source string `json:"source,omitempty"`
}

// UnseenKind says what sort of part is missing.
type UnseenKind string

// The kinds. Capture tells all of them, the last as Recognize does.
const (
	// Clipped: it scrolls, or is cut off, inside of an element or a frame.
	Clipped UnseenKind = "clipped"
	// Beyond: it lies outside of what is photographed, such as right of the edge.
	Beyond UnseenKind = "beyond"
	// Vanished: it was visible while the page was walked and not when it was drawn.
	Vanished UnseenKind = "vanished"
	// Covered: something lies over it.
	Covered UnseenKind = "covered"
	// Failed: the document, a frame, a style sheet, a script or a picture did not come, or not whole.
	Failed UnseenKind = "failed"
	// Loading: it was still on its way, or changing, when the time was up.
	Loading UnseenKind = "loading"
	// Unread: it is there, and was not, or not surely, read: pictures of an
	// animation, the page's own text, what an engine is unsure of.
	Unread UnseenKind = "unread"
)
