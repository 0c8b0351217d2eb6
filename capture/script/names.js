// Names that hide what elements have. In a form with a control called "style",
// form.style is that control, here too; so it is with a picture called "images" in
// a document. Forms of shops have "id" and "title", which nobody here asks a form for.
const harmless = new Set('id,className,name,title,lang,dir,hidden,slot,part,prefix,translate,nonce,click,focus,blur,remove,before,after,tabIndex,draggable,autofocus,accessKey,popover,role'.split(','));

// unname takes the name from what hides something so in a document, or a shadow root.
globalThis.unname = scope => {
  const {querySelectorAll} = (scope.nodeType === Node.DOCUMENT_FRAGMENT_NODE ? DocumentFragment : Document).prototype;
  const {elements} = Object.getOwnPropertyDescriptors(HTMLFormElement.prototype);
  const take = (e, of, but) => {
    for (const by of ['name', 'id']) {
      const name = Element.prototype.getAttribute.call(e, by);
      if (name && name in of && !but.has(name)) Element.prototype.removeAttribute.call(e, by);
    }
  };
  for (const form of querySelectorAll.call(scope, 'form')) {
    for (const e of [...elements.get.call(form), ...Element.prototype.querySelectorAll.call(form, 'img')]) take(e, HTMLFormElement.prototype, harmless);
  }
  for (const e of querySelectorAll.call(scope, 'img[name],form[name],embed[name],iframe[name],object[name],object[id]')) take(e, Document.prototype, new Set());
};
