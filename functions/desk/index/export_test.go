package index

// Plain is text as it is searched.
var Plain = plain
