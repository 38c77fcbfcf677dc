// The YAML editor: CodeMirror behind a few functions. The page loads this file lazily and keeps a textarea until then.
import { autocompletion, closeBrackets, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { Annotation, EditorState, Prec, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, drawSelection, highlightActiveLine, hoverTooltip, keymap, lineNumbers, showTooltip } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { StyleModule } from "style-mod";

// The page's policy forbids style elements; constructed sheets are allowed and say the same.
const mounted = new Set();
StyleModule.mount = (_root, modules) => {
  for (const module of [].concat(modules)) {
    if (mounted.has(module)) continue;
    mounted.add(module);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(module.getRules());
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }
};

// Colours are the page's own variables: the theme changes without the editor knowing.
const theme = EditorView.theme({
  "&": { height: "100%", color: "var(--ink)", backgroundColor: "var(--code)", fontSize: "var(--code-size)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { padding: "10px 0", caretColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--code)", color: "var(--ink-2)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--line-active)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--select)",
  },
  ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
  ".cm-marked": { backgroundColor: "var(--wait-bg)", boxShadow: "inset 3px 0 0 var(--red)" },
  ".cm-tooltip": { backgroundColor: "var(--sheet)", color: "var(--ink)", border: "1.5px solid var(--edge)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--pen)", color: "var(--sheet)" },
  ".cm-tooltip-autocomplete ul li[aria-selected] .cm-completionDetail": { color: "inherit" },
  ".cm-completionDetail": { color: "var(--ink-2)", fontStyle: "normal" },
  ".cm-about, .cm-card": { fontFamily: "var(--sans)", fontSize: "15px", maxWidth: "44ch", whiteSpace: "normal" },
  ".cm-card": { padding: "8px 12px" },
  ".cm-card-detail": { color: "var(--ink-2)" },
  ".cm-diagnostic": { fontFamily: "var(--sans)", padding: "4px 10px", whiteSpace: "pre-wrap", maxWidth: "60ch" },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--bad)" },
  ".cm-diagnostic-warning, .cm-diagnostic-hint": { borderLeft: "4px solid var(--wait)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--bad)" },
  ".cm-lintRange-warning, .cm-lintRange-hint": { backgroundImage: "none", textDecoration: "underline wavy var(--wait)" },
});

const highlight = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--pen)" },
  { tag: [tags.string, tags.content, tags.attributeValue], color: "var(--ok)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--gone)" },
  { tag: tags.comment, color: "var(--ink-2)", fontStyle: "italic" },
]);

const markLines = StateEffect.define();
const markedLines = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    let next = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(markLines)) continue;
      const { doc } = transaction.state;
      const lines = [...new Set(effect.value)].filter((line) => line >= 1 && line <= doc.lines).sort((a, b) => a - b);
      const mark = Decoration.line({ class: "cm-marked" });
      next = Decoration.set(lines.map((line) => mark.range(doc.line(line).from)));
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function position(doc, line, column) {
  const at = doc.line(Math.min(Math.max(line, 1), doc.lines));
  return Math.min(at.from + Math.max(column - 1, 0), at.to);
}

// No keyboard trap: Tab leaves the editor right after it was entered by Tab, and after Esc. Any other key or a click
// means that the learner works here, and Tab indents.
function tabKeys() {
  let leaves = false;
  let pointed = false;
  return [
    EditorView.domEventHandlers({
      mousedown: () => { pointed = true; leaves = false; },
      focus: () => { leaves = !pointed; },
      blur: () => { pointed = false; },
      keydown: ({ key }) => { if (key !== "Tab" && key !== "Shift") leaves = key === "Escape"; },
    }),
    keymap.of([
      { key: "Tab", run: (view) => !leaves && insertIndent(view) },
      { key: "Shift-Tab", run: (view) => view.state.selection.main.empty ? false : indentLess(view) },
    ]),
  ];
}

function insertIndent(view) {
  if (!view.state.selection.main.empty) return indentMore(view);
  view.dispatch(view.state.replaceSelection("  "), { userEvent: "input" });
  return true;
}

// The page counts bytes, CodeMirror UTF-16 units.
const bytesTo = (text, at) => new TextEncoder().encode(text.slice(0, at)).length;
const unitsTo = (text, bytes) => new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, bytes)).length;

// Suggestions come from the page, which asks the field table: {from, suggestions: [{label, insert, detail, about, required}]}.
function fieldCompletion(options) {
  return (context) => {
    const typed = context.matchBefore(/[\w-]+/);
    if (!typed && !context.explicit) return null;
    const text = context.state.doc.toString();
    const answer = options.onComplete(text, bytesTo(text, context.pos));
    if (!answer || answer.suggestions.length === 0) return null;
    return {
      from: unitsTo(text, answer.from),
      validFor: /^[\w-]*$/,
      options: answer.suggestions.map(({ label, insert, detail, about, required }, at) => ({
        label,
        apply: insert,
        detail,
        info: about ? () => paragraph("cm-about", about) : undefined,
        type: required ? "keyword" : "property",
        boost: Math.max(99 - at, -99),
      })),
    };
  };
}

function paragraph(className, text) {
  const element = document.createElement("div");
  element.className = className;
  element.lang = "ru";
  element.textContent = text;
  return element;
}

// What the field at a place means: {start, end, path, detail, about}, or null.
function fieldCard(options, view, at) {
  const text = view.state.doc.toString();
  const card = options.onHover(text, bytesTo(text, at));
  if (!card) return null;
  return {
    pos: unitsTo(text, card.start),
    end: unitsTo(text, card.end),
    above: true,
    create() {
      const dom = document.createElement("div");
      dom.className = "cm-card";
      dom.setAttribute("role", "tooltip");
      const path = document.createElement("code");
      path.textContent = card.path;
      dom.append(path, paragraph("cm-card-detail", card.detail), paragraph("cm-about", card.about));
      return { dom };
    },
  };
}

// The same card by keyboard: it stays until the cursor moves or the text changes.
const showCard = StateEffect.define();
const shownCard = StateField.define({
  create: () => null,
  update(card, transaction) {
    for (const effect of transaction.effects) if (effect.is(showCard)) return effect.value;
    return transaction.docChanged || transaction.selection ? null : card;
  },
  provide: (field) => showTooltip.from(field),
});

function cardKey(options) {
  return {
    key: "Mod-i",
    preventDefault: true,
    run(view) {
      view.dispatch({ effects: showCard.of(fieldCard(options, view, view.state.selection.main.head)) });
      return true;
    },
  };
}

function extensions(options) {
  return [
    lineNumbers(),
    history(),
    drawSelection(),
    indentOnInput(),
    indentUnit.of("  "),
    bracketMatching(),
    closeBrackets(),
    autocompletion({ override: [fieldCompletion(options)], icons: false }),
    hoverTooltip((view, at) => fieldCard(options, view, at)),
    shownCard,
    highlightActiveLine(),
    yaml(),
    syntaxHighlighting(highlight),
    lintGutter(),
    markedLines,
    theme,
    EditorState.tabSize.of(2),
    EditorView.contentAttributes.of({ "data-testid": options.testId, "aria-label": options.label, tabindex: "0", lang: "en", spellcheck: "false" }),
    Prec.highest(keymap.of([{ key: "Mod-Enter", run: () => { options.onApply(); return true; } }])),
    tabKeys(),
    keymap.of([cardKey(options), ...completionKeymap, ...historyKeymap, ...lintKeymap, ...defaultKeymap]),
    EditorView.updateListener.of((update) => {
      if (update.docChanged && !update.transactions.some((t) => t.annotation(fromOutside))) {
        options.onChange(update.state.doc.toString());
      }
    }),
  ];
}

const fromOutside = Annotation.define();

globalThis.zadachnikEditor = {
  mount(parent, options) {
    const view = new EditorView({
      parent,
      state: EditorState.create({ doc: options.text, extensions: extensions(options) }),
    });
    return {
      /** Replaces the text, with a fresh undo history, unless it is the same. */
      setText(text) {
        if (view.state.doc.toString() === text) return;
        view.setState(EditorState.create({ doc: text, extensions: extensions(options) }));
      },
      /** Changes the text where it differs, as an edit that can be undone. */
      changeText(text) {
        const old = view.state.doc.toString();
        const shorter = Math.min(old.length, text.length);
        let from = 0;
        while (from < shorter && old[from] === text[from]) from += 1;
        let same = 0;
        while (same < shorter - from && old[old.length - 1 - same] === text[text.length - 1 - same]) same += 1;
        const changes = { from, to: old.length - same, insert: text.slice(from, text.length - same) };
        view.dispatch({ changes, annotations: fromOutside.of(true) });
      },
      /** items: [{line, column, toLine, toColumn, severity, message}], lines and columns count from 1. */
      setDiagnostics(items) {
        const { doc } = view.state;
        const list = items.map((item) => {
          const from = position(doc, item.line, item.column);
          const to = Math.max(from, position(doc, item.toLine, item.toColumn));
          return { from, to: to === from ? doc.lineAt(from).to : to, severity: item.severity, message: item.message };
        });
        view.dispatch(setDiagnostics(view.state, list));
      },
      markLines(lines) {
        view.dispatch({ effects: markLines.of(lines) });
      },
      goTo(line, column) {
        const at = position(view.state.doc, line, column);
        view.dispatch({ selection: { anchor: at }, scrollIntoView: true });
        view.focus();
      },
      focus() {
        view.focus();
      },
      destroy() {
        view.destroy();
      },
    };
  },
};
