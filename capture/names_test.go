package capture

import "testing"

// Names that a page gives to its parts do not hide from us what the parts have.
func TestNamesThatHideWhatElementsHave(t *testing.T) {
	const scrolls = `<div style="height:300px;overflow:auto">{1}{2}{3}</div>{4}`
	for name, body := range map[string]string{
		"in a form": `{0}<form style="height:300px;overflow:auto" onclick="0"><input name=parentElement><input name=children><input name=style><input name=getBoundingClientRect><input name=localName>
			<input name=firstChild><input name=scrollTop><input name=querySelectorAll><input name=attributes><input name=matches><input name=id><input name=className>{1}{2}{3}</form>{4}`,
		"of a form from outside": `{0}<form id=f style="height:300px;overflow:auto">{1}{2}{3}</form><select form=f name=style><option>원피스</select>{4}<script>0</script>`,
		"in a document": `<form name=scripts></form><img name=images hidden><form id=documentElement></form><img name=querySelectorAll hidden><img name=body hidden>
			<img name=scrollingElement hidden><img name=getElementsByTagName hidden>{0}` + scrolls,
		"in a window":      `<a id=pageinspect></a><a id=closedRoots></a><a id=laterOf></a><a id=arriving></a><a id=unname></a>{0}` + scrolls,
		"in a shadow root": `{0}<div id=h></div>{2}{3}{4}<script>h.attachShadow({mode:'open'}).innerHTML='<form style="height:100px;overflow:auto"><input name=style hidden><input name=children hidden><img src=/k/1 width=400 height=200 style="display:block"></form>'</script>`,
		"in a frame":       `{0}<iframe srcdoc="<body style=margin:0><form><input name=style hidden><input name=parentElement hidden><img src=/k/1 width=400 height=200 style=display:block></form>" width=500 height=100 style="border:0;display:block"></iframe>{2}{3}{4}`,
	} {
		t.Run(name, func(t *testing.T) { wholly(t, 5, body) })
	}
}
