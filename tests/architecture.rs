//! Who imports whom: every path in src/ held against the tables of docs/architecture.md.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Names that import, and the names that each imports.
type Arrows = BTreeMap<String, BTreeSet<String>>;

const PAGE: &str = include_str!("../docs/architecture.md");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of src/, by the path of its module: `src/a/b.rs` and `src/a/b/mod.rs` are `a::b`, but `src/bin` is `bin`.
struct Source {
    module: Vec<String>,
    tokens: TokenStream,
}

/// Every file below a folder of the repository whose name has one of these endings.
fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let (mut folders, mut files) = (vec![root().join(folder)], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("folders of the repository can be read") {
            let path = entry.expect("folders of the repository can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| endings.iter().any(|ending| end == *ending)) {
                files.push(path);
            }
        }
    }
    files
}

fn sources() -> Vec<Source> {
    files("src", &["rs"]).iter().map(source).collect()
}

fn source(path: &PathBuf) -> Source {
    let below = path.strip_prefix(root().join("src")).expect("it lies in src/").with_extension("");
    let mut module: Vec<String> = below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    module.pop_if(|last| ["mod", "lib", "main"].contains(&&**last));
    let text = std::fs::read_to_string(path).expect("files of src/ can be read");
    Source { module, tokens: text.parse().unwrap_or_else(|e| panic!("{}: {e}", path.display())) }
}

/// Every path of the text as it is written, those of `use a::{b, c}` one by one, with the module that it stands in.
fn paths(tokens: TokenStream, module: &[String], found: &mut Vec<(Vec<String>, Vec<String>)>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match (&tokens[at], tokens.get(at + 1), tokens.get(at + 2)) {
            // An inline module: `super` is one step further inside.
            (TokenTree::Ident(word), Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) if word == "mod" => {
                paths(body.stream(), &[module, &[name.to_string()]].concat(), found);
                at += 3;
            }
            (TokenTree::Ident(_), ..) => at = path(&tokens, at, &[], module, found),
            (TokenTree::Group(group), ..) => {
                paths(group.stream(), module, found);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// The path that begins at token `at`, behind `prefix`. Returns where the text goes on.
fn path(
    tokens: &[TokenTree],
    mut at: usize,
    prefix: &[String],
    module: &[String],
    found: &mut Vec<(Vec<String>, Vec<String>)>,
) -> usize {
    let is_colon = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    let mut names = prefix.to_vec();
    loop {
        match tokens.get(at) {
            Some(TokenTree::Ident(name)) => names.push(name.to_string()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                for tree in inner.split(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')) {
                    path(tree, 0, &names, module, found);
                }
                return at + 1;
            }
            _ => break,
        }
        at += 1;
        if !(is_colon(at) && is_colon(at + 1)) {
            break;
        }
        at += 2;
    }
    if names.len() > 1 {
        found.push((names, module.to_vec()));
    }
    at
}

/// All paths of a file.
fn paths_of(source: &Source) -> Vec<(Vec<String>, Vec<String>)> {
    let mut found = Vec::new();
    paths(source.tokens.clone(), &source.module, &mut found);
    found
}

/// A path within the library from its root on, if it is one.
fn resolved(path: &[String], module: &[String]) -> Option<Vec<String>> {
    let is_program = module.first().is_some_and(|first| first == "bin");
    let mut base = match path[0].as_str() {
        "wn_gan" if is_program => return Some(path[1..].to_vec()),
        "crate" if !is_program => return Some(path[1..].to_vec()),
        "self" | "super" => module.to_vec(),
        _ => return None,
    };
    let mut rest = path;
    while let [first, others @ ..] = rest {
        match first.as_str() {
            "self" => {}
            "super" => drop(base.pop()),
            _ => break,
        }
        rest = others;
    }
    Some([&base, rest].concat())
}

/// What the files below a folder import of each other, counted by the folder's own children. `names` are those that the
/// folder's module gives to what lies in one of its children.
fn arrows(sources: &[Source], folder: &[&str], names: &BTreeMap<String, String>) -> Arrows {
    let inside = |path: &[String]| match path {
        [start @ .., _] if start.len() >= folder.len() && start[..folder.len()] == *folder => {
            let child = &path[folder.len()];
            Some(names.get(child).unwrap_or(child).clone())
        }
        _ => None,
    };
    let mut arrows = Arrows::new();
    for source in sources {
        let Some(from) = inside(&source.module) else { continue };
        let imported = arrows.entry(from.clone()).or_default();
        let paths = paths_of(source);
        let targets = paths.iter().filter_map(|(path, module)| inside(&resolved(path, module)?));
        imported.extend(targets.filter(|to| *to != from));
    }
    arrows
}

/// Names that src/lib.rs gives to what lies in one of its modules.
fn names_of_root(sources: &[Source]) -> BTreeMap<String, String> {
    let library = sources.iter().filter(|source| source.module.is_empty());
    let paths = library.flat_map(paths_of).filter(|(path, _)| path.len() == 2);
    paths.map(|(path, _)| (path[1].clone(), path[0].clone())).collect()
}

/// The table below a heading of a page: in its first column a module, in its last what that may import.
fn table(page: &str, heading: &str) -> Arrows {
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).expect("the page has this heading");
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let named = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_string).collect::<BTreeSet<_>>();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        (named(cells[0]).pop_first().expect("a row begins with a module"), named(cells[cells.len() - 1]))
    })
    .collect()
}

/// What is in the code and not in the table, and the other way around.
fn differences(code: &Arrows, table: &Arrows) -> Vec<String> {
    let missing = |from: &Arrows, what: &Arrows, with: &dyn Fn(&str, Option<&str>) -> String| -> Vec<String> {
        let of = |(module, all): (&String, &BTreeSet<String>)| match what.get(module) {
            None => vec![with(module, None)],
            Some(others) => all.difference(others).map(|to| with(module, Some(to))).collect(),
        };
        from.iter().flat_map(of).collect()
    };
    let not_allowed = missing(code, table, &|module, to| match to {
        Some(to) => format!("{module} imports {to}, which its row does not allow"),
        None => format!("{module} has no row"),
    });
    let not_true = missing(table, code, &|module, to| match to {
        Some(to) => format!("{module} does not import {to}, which its row allows"),
        None => format!("{module} has a row and is no module"),
    });
    [not_allowed, not_true].concat()
}

/// Modules that import each other, directly or through others: what is left when those that import nothing are taken away,
/// again and again.
fn circle(arrows: &Arrows) -> BTreeSet<String> {
    let mut left = arrows.clone();
    while let Some(leaf) = left.iter().find(|(_, to)| to.iter().all(|to| !left.contains_key(to))) {
        let leaf = leaf.0.clone();
        left.remove(&leaf);
    }
    left.into_keys().collect()
}

fn check(code: &Arrows, heading: &str) {
    let differences = differences(code, &table(PAGE, heading));
    assert!(differences.is_empty(), "docs/architecture.md, {heading}:\n{}", differences.join("\n"));
    assert_eq!(circle(code), BTreeSet::new(), "they import each other");
}

#[test]
fn modules_import_what_the_page_allows() {
    let sources = sources();
    check(&arrows(&sources, &[], &names_of_root(&sources)), "Modules");
}

/// What is imported from src/device/mod.rs by a file beside it is named by no row, and fails.
#[test]
fn parts_of_the_device_import_what_the_page_allows() {
    let sources = sources();
    check(&arrows(&sources, &["device"], &BTreeMap::new()), "Inside `device`");
    for back_end in ["cpu", "webgpu"] {
        let files = arrows(&sources, &["device", back_end], &BTreeMap::new());
        assert!(files.len() > 2, "{back_end} has files");
        assert_eq!(circle(&files), BTreeSet::new(), "files of {back_end} import each other");
    }
}

#[test]
fn wgpu_is_known_to_one_folder() {
    for source in sources().iter().filter(|source| !source.module.starts_with(&["device".into(), "webgpu".into()])) {
        let wgpu = paths_of(source).into_iter().find(|(path, _)| path[0] == "wgpu");
        assert_eq!(wgpu, None, "wgpu is imported outside of src/device/webgpu");
    }
}

/// Files are the program's: what the library reads and writes is given to it, so that a page can do the same.
#[test]
fn the_library_touches_no_file() {
    for source in sources().iter().filter(|source| source.module.first().is_none_or(|first| first != "bin")) {
        let is_of_files = |path: &[String]| path[0] == "dirs" || path.starts_with(&["std".into(), "fs".into()]);
        let found = paths_of(source).into_iter().find(|(path, _)| is_of_files(path));
        assert_eq!(found, None, "files are touched outside of src/bin");
    }
}

/// Where a source of the library makes a sentence without a code, which the page could not translate.
fn sentence_without_code(source: &Source) -> Option<(Vec<String>, Vec<String>)> {
    let is_plain = |path: &[String]| path.ends_with(&["error".into(), "plain".into()]);
    paths_of(source).into_iter().find(|(path, _)| is_plain(path))
}

#[test]
fn sentences_of_the_library_have_a_code() {
    for source in sources().iter().filter(|source| source.module.first().is_none_or(|first| first != "bin")) {
        assert_eq!(sentence_without_code(source), None, "it belongs into src/error/sentences.rs");
    }
    for text in ["use crate::error::{Error, plain};", "fn f() { crate::error::plain(\"No.\") }"] {
        assert!(sentence_without_code(&planted(&["gan"], text)).is_some(), "{text}");
    }
}

fn planted(module: &[&str], text: &str) -> Source {
    Source {
        module: module.iter().map(ToString::to_string).collect(),
        tokens: text.parse().expect("planted text is Rust"),
    }
}

fn written(arrows: &[(&str, &[&str])]) -> Arrows {
    arrows.iter().map(|(from, to)| (from.to_string(), to.iter().map(ToString::to_string).collect())).collect()
}

#[test]
fn every_way_to_write_a_path_is_read() {
    let sources = [
        planted(&[], "pub mod a; pub use error::{Error, Result};"),
        planted(
            &["a", "one"],
            "use crate::{b::{self, x::Y}, c as d}; use std::rc::Rc; use super::two; use crate::Error;",
        ),
        planted(&["a", "two"], "fn f() { let x = vec![crate::e::g::<u8>(1)]; if x == super::super::f::H {} }"),
        planted(
            &["b"],
            "mod tests { use super::*; use super::super::g::i; } // crate::z\n const X: &str = \"crate::z\";",
        ),
        planted(&["bin", "p"], "use crate::own; use wn_gan::{a::one, Error};"),
    ];
    let all = arrows(&sources, &[], &names_of_root(&sources));
    assert_eq!(all, written(&[("a", &["b", "c", "e", "error", "f"]), ("b", &["g"]), ("bin", &["a", "error"])]));
    assert_eq!(arrows(&sources, &["a"], &BTreeMap::new()), written(&[("one", &["two"]), ("two", &[])]));
}

#[test]
fn what_the_table_does_not_allow_is_found() {
    let page = "\n## T\n\n| m | what | may import |\n|--|--|--|\n| `a` | `A` | `b` |\n| `b` | it | nothing |\n\n## U\n| `c` | |\n";
    let allowed = table(page, "T");
    assert_eq!(allowed, written(&[("a", &["b"]), ("b", &[])]));
    assert_eq!(differences(&allowed, &allowed), [""; 0]);
    assert_eq!(
        differences(&written(&[("a", &["c"]), ("c", &[])]), &allowed),
        [
            "a imports c, which its row does not allow",
            "c has no row",
            "a does not import b, which its row allows",
            "b has a row and is no module",
        ]
    );
}

#[test]
fn circles_are_found() {
    assert!(circle(&written(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])])).is_empty());
    let through_c = written(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"]), ("d", &["a"])]);
    assert_eq!(circle(&through_c), ["a", "b", "c", "d"].map(String::from).into());
}

#[test]
fn no_file_is_longer_than_400_lines() {
    let folders = ["src", "shaders", "build", "tests", "www", "scripts", "examples"];
    let all = folders.into_iter().flat_map(|folder| files(folder, &["rs", "wgsl", "js", "ts", "css", "py", "sh"]));
    let lines =
        |path: &PathBuf| std::fs::read_to_string(path).expect("files of the repository can be read").lines().count();
    let long: Vec<_> = all.map(|path| (lines(&path), path)).filter(|(lines, _)| *lines > 400).collect();
    assert!(long.is_empty(), "split what has more than 400 lines: {long:#?}");
}
