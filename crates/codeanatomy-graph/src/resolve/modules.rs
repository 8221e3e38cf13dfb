//! The module map: which file or package an import of a dotted name finds from a given file. It follows no names inside modules.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::ids::Allocator;
use crate::resolve::definitions::Definitions;
use crate::resolve::rows::{ModuleRow, ModuleRows};
use crate::resolve::sources::Files;
use crate::table::{NULL_I64, Strings};

/// What an import of a module finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Found {
    /// The module of a file.
    Module(u32),
    /// A package without an `__init__`.
    Namespace(u32),
}

/// Folders whose contents are importable only from within: what they hold is often named like what it is about.
const ASIDE: &[&str] = &["test", "tests", "testing", "testdata", "doc", "docs", "example", "examples", "samples"];

/// A folder with Python files in it or below.
struct Folder {
    path: String,
    /// The dotted name, from the source root of its first file.
    name: String,
    id: i64,
}

pub struct Modules {
    by_name: FxHashMap<String, Vec<u32>>,
    /// Files by path without suffix (`a/b/__init__` for packages): `.py` before `.pyi`.
    by_path: FxHashMap<String, u32>,
    folders: Vec<Folder>,
    folder_of_path: FxHashMap<String, u32>,
    folder_of_name: FxHashMap<String, u32>,
    /// What a dotted name means from each folder without an `__init__`, where only one such folder knows it.
    elsewhere: FxHashMap<String, Option<Found>>,
    standard_library: FxHashSet<String>,
    /// Path of the folder of every file, and its path without suffix.
    parents: Vec<String>,
}

impl Modules {
    pub fn read(files: &Files, strings: &Strings, standard_library: Vec<String>, ids: &mut Allocator) -> Self {
        let mut result = Self {
            by_name: FxHashMap::default(),
            by_path: FxHashMap::default(),
            folders: Vec::new(),
            folder_of_path: FxHashMap::default(),
            folder_of_name: FxHashMap::default(),
            elsewhere: FxHashMap::default(),
            standard_library: standard_library.into_iter().collect(),
            parents: files.files.iter().map(|file| parent_path(strings.text(file.path)).to_owned()).collect(),
        };
        result.read_paths(files, strings);
        result.read_folders(files, strings, ids);
        result.read_elsewhere(files, strings);
        result
    }

    /// Names and paths of modules. A stub counts only where no source has its name or path.
    fn read_paths(&mut self, files: &Files, strings: &Strings) {
        for stubs in [false, true] {
            let chosen: Vec<usize> = (0..files.files.len()).filter(|&file| files.files[file].is_stub == stubs).collect();
            let known: FxHashSet<String> = if stubs { self.by_name.keys().cloned().collect() } else { FxHashSet::default() };
            for file in chosen {
                let name = strings.text(files.files[file].module);
                if !known.contains(name) {
                    self.by_name.entry(name.to_owned()).or_default().push(file as u32);
                }
                self.by_path.entry(stem(strings.text(files.files[file].path)).to_owned()).or_insert(file as u32);
            }
        }
    }

    /// The packages: every folder that a dotted name of a module passes through.
    fn read_folders(&mut self, files: &Files, strings: &Strings, ids: &mut Allocator) {
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        for file in 0..files.files.len() {
            let root = strings.get(files.files[file].root).unwrap_or_default();
            let mut name = strings.text(files.files[file].module);
            let mut path = self.parents[file].as_str();
            if !files.files[file].is_package {
                name = name.rsplit_once('.').map_or("", |(above, _)| above);
            }
            while !path.is_empty() && path != root && !name.is_empty() {
                names.entry(path.to_owned()).or_insert_with(|| name.to_owned());
                path = parent_path(path);
                name = name.rsplit_once('.').map_or("", |(above, _)| above);
            }
        }
        for (path, name) in names {
            self.folder_of_path.insert(path.clone(), self.folders.len() as u32);
            self.folder_of_name.entry(name.clone()).or_insert(self.folders.len() as u32);
            self.folders.push(Folder { id: ids.id(&["package", &path]), path, name });
        }
    }

    /// Names as seen from every folder that may be a root of its own: one without an `__init__`.
    fn read_elsewhere(&mut self, files: &Files, strings: &Strings) {
        for file in 0..files.files.len() {
            let path = stem(strings.text(files.files[file].path));
            let path = path.strip_suffix("/__init__").unwrap_or(path);
            let mut root = parent_path(path);
            while !root.is_empty() {
                if self.init(root).is_none() && !root.split('/').any(|part| ASIDE.contains(&part)) {
                    let name = path[root.len() + 1..].replace('/', ".");
                    self.note_elsewhere(name, path);
                }
                root = parent_path(root);
            }
        }
    }

    fn note_elsewhere(&mut self, name: String, path: &str) {
        let Some(found) = self.at_path(path) else { return };
        self.elsewhere
            .entry(name)
            .and_modify(|known| {
                if *known != Some(found) {
                    *known = None
                }
            })
            .or_insert(Some(found));
    }

    fn init(&self, folder: &str) -> Option<u32> {
        self.by_path.get(&join(folder, "__init__")).copied()
    }

    /// What may stand between the beginning and the ending of names of modules below a package. It has no dot.
    pub fn between(&self, package: Found, beginning: &str, ending: &str) -> Vec<String> {
        let folder = match package {
            Found::Module(file) => self.parents[file as usize].as_str(),
            Found::Namespace(folder) => self.folders[folder as usize].path.as_str(),
        };
        if matches!(package, Found::Module(file) if self.init(folder) != Some(file)) {
            return Vec::new();
        }
        let (beginning, ending) = (join(folder, beginning), ending.replace('.', "/"));
        let part = |path: &String| {
            let path = path.strip_suffix("/__init__").unwrap_or(path);
            let part = path.strip_prefix(beginning.as_str())?.strip_suffix(ending.as_str())?;
            (!part.is_empty() && !part.contains('/')).then(|| part.to_owned())
        };
        let mut parts: Vec<String> = self.by_path.keys().filter_map(part).collect();
        parts.sort_unstable();
        parts.dedup();
        parts
    }

    /// What lies at a path without suffix: a package, a module, or a folder.
    fn at_path(&self, path: &str) -> Option<Found> {
        let file = self.init(path).or_else(|| self.by_path.get(path).copied());
        file.map(Found::Module).or_else(|| self.folder_of_path.get(path).map(|&folder| Found::Namespace(folder)))
    }

    /// The package that a relative import of that level starts from: its path.
    pub fn base(&self, file: u32, level: usize) -> Option<&str> {
        let mut path = self.parents[file as usize].as_str();
        for _ in 1..level {
            if path.is_empty() {
                return None;
            }
            path = parent_path(path);
        }
        Some(path)
    }

    /// What `from ..name import` finds; the level is at least 1.
    pub fn relative(&self, file: u32, level: usize, name: &str) -> Option<Found> {
        let base = self.base(file, level)?;
        if name.is_empty() {
            return self.at_path(base);
        }
        self.at_path(&join(base, &name.replace('.', "/")))
    }

    /// The absolute dotted name that a relative import means, by the names of modules.
    pub fn absolute_name(&self, files: &Files, strings: &Strings, file: u32, level: usize, name: &str) -> String {
        let here = &files.files[file as usize];
        let mut parts: Vec<&str> = strings.text(here.module).split('.').collect();
        let drop = level - usize::from(here.is_package);
        parts.truncate(parts.len().saturating_sub(drop));
        parts.extend(name.split('.').filter(|part| !part.is_empty()));
        parts.join(".")
    }

    /// What `import name` finds in the repository: by module name, from the folders above the file, or from the only root that knows it.
    pub fn absolute(&self, files: &Files, strings: &Strings, file: u32, name: &str) -> Vec<Found> {
        let standard = self.standard_library.contains(name.split('.').next().unwrap_or(name));
        if let Some(named) = self.by_name.get(name) {
            let reachable: Vec<u32> = named.iter().copied().filter(|&other| self.reaches(files, strings, file, other, standard)).collect();
            if !reachable.is_empty() {
                return reachable.into_iter().map(Found::Module).collect();
            }
        }
        if let Some(&folder) = self.folder_of_name.get(name).filter(|_| !standard) {
            return vec![Found::Namespace(folder)];
        }
        let path = name.replace('.', "/");
        let mut folder = self.parents[file as usize].as_str();
        loop {
            if !folder.is_empty()
                && self.init(folder).is_none()
                && let Some(found) = self.at_path(&join(folder, &path))
            {
                return vec![found];
            }
            if folder.is_empty() {
                break;
            }
            folder = parent_path(folder);
        }
        let elsewhere = if standard { None } else { self.elsewhere.get(name).copied().flatten() };
        elsewhere.into_iter().collect()
    }

    /// Whether a module of that name is the one that the file would import: of a standard name, only from its own root or one above.
    fn reaches(&self, files: &Files, strings: &Strings, file: u32, other: u32, standard: bool) -> bool {
        let root = strings.get(files.files[other as usize].root).unwrap_or_default();
        !standard || root.is_empty() || self.parents[file as usize] == root || self.parents[file as usize].starts_with(&format!("{root}/"))
    }

    /// The submodule of a package.
    pub fn submodule(&self, files: &Files, package: Found, name: &str) -> Option<Found> {
        match package {
            Found::Module(file) if files.files[file as usize].is_package => self.at_path(&join(&self.parents[file as usize], name)),
            Found::Module(_) => None,
            Found::Namespace(folder) => self.at_path(&join(&self.folders[folder as usize].path, name)),
        }
    }

    /// Whether the first part of a dotted name is in the repository, seen from a file.
    pub fn knows_top(&self, files: &Files, strings: &Strings, file: u32, name: &str) -> bool {
        !self.absolute(files, strings, file, name.split('.').next().unwrap_or(name)).is_empty()
    }

    pub fn is_standard(&self, name: &str) -> bool {
        self.standard_library.contains(name.split('.').next().unwrap_or(name))
    }

    pub fn namespace_id(&self, folder: u32) -> i64 {
        self.folders[folder as usize].id
    }

    pub fn namespace_name(&self, folder: u32) -> &str {
        &self.folders[folder as usize].name
    }

    /// One row per package folder and per module, by path.
    pub fn rows(&self, files: &Files, definitions: &Definitions, strings: &mut Strings, rows: &mut ModuleRows) {
        for folder in &self.folders {
            let name = folder.name.rsplit('.').next().unwrap_or_default();
            let row = ModuleRow {
                id: folder.id,
                kind: strings.intern("package"),
                name: strings.intern(name),
                qualified_name: strings.intern(&folder.name),
                file_id: NULL_I64,
                path: strings.intern(&folder.path),
                parent_id: self.package_id(parent_path(&folder.path)),
            };
            rows.push(row);
        }
        for (number, file) in files.files.iter().enumerate() {
            rows.push(ModuleRow {
                id: definitions.id(number as u32),
                kind: strings.intern("module"),
                name: definitions.get(number as u32).name,
                qualified_name: file.module,
                file_id: file.id,
                path: file.path,
                parent_id: self.package_id(&self.parents[number]),
            });
        }
    }

    fn package_id(&self, path: &str) -> i64 {
        self.folder_of_path.get(path).map_or(NULL_I64, |&folder| self.folders[folder as usize].id)
    }
}

fn parent_path(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// A path without the suffix of its file name.
fn stem(path: &str) -> &str {
    let name = path.rfind('/').map_or(0, |slash| slash + 1);
    path[name..].rfind('.').filter(|&dot| dot > 0).map_or(path, |dot| &path[..name + dot])
}

#[cfg(test)]
mod tests {
    use super::{Found, Modules};
    use crate::ids::Allocator;
    use crate::resolve::sources::{File, Files};
    use crate::table::Strings;

    /// Paths in order, with the root they are named from.
    fn map(paths: &[(&str, &str)]) -> (Files, Strings, Modules) {
        let mut strings = Strings::new();
        let files = paths.iter().enumerate().map(|(number, (path, root))| {
            let name = super::stem(path.strip_prefix(root).unwrap().trim_start_matches('/')).replace('/', ".");
            File {
                id: number as i64,
                path: strings.intern(path),
                module: strings.intern(name.strip_suffix(".__init__").unwrap_or(&name)),
                root: strings.intern(root),
                is_package: path.contains("__init__"),
                is_stub: path.ends_with(".pyi"),
            }
        });
        let files: Vec<File> = files.collect();
        let files = Files { ranks: files.iter().map(|file| (file.id, file.id as u32)).collect(), files };
        let modules = Modules::read(&files, &strings, vec!["json".into(), "os".into()], &mut Allocator::new());
        (files, strings, modules)
    }

    #[test]
    fn absolute_imports_find_modules_and_packages() {
        let (files, strings, modules) = map(&[("a/__init__.py", ""), ("a/b.py", ""), ("n/x.py", ""), ("src/c.py", "src")]);
        assert_eq!(modules.absolute(&files, &strings, 1, "a"), [Found::Module(0)]);
        assert_eq!(modules.absolute(&files, &strings, 2, "a.b"), [Found::Module(1)]);
        assert_eq!(modules.absolute(&files, &strings, 0, "c"), [Found::Module(3)]);
        assert_eq!(modules.absolute(&files, &strings, 0, "a.missing"), []);
        let namespace = modules.absolute(&files, &strings, 0, "n")[0];
        assert!(matches!(namespace, Found::Namespace(_)));
        assert_eq!(modules.submodule(&files, namespace, "x"), Some(Found::Module(2)));
    }

    #[test]
    fn relative_imports_climb_folders() {
        let (_, _, modules) = map(&[("a/__init__.py", ""), ("a/b/__init__.py", ""), ("a/b/c.py", ""), ("a/d.py", "")]);
        assert_eq!(modules.relative(2, 1, ""), Some(Found::Module(1)));
        assert_eq!(modules.relative(2, 2, "d"), Some(Found::Module(3)));
        assert_eq!(modules.relative(1, 1, "c"), Some(Found::Module(2)));
        assert_eq!(modules.relative(2, 1, "d"), None);
        assert_eq!(modules.relative(2, 9, "d"), None);
    }

    #[test]
    fn a_stub_counts_where_no_source_has_its_name() {
        let (files, strings, modules) = map(&[("a.py", ""), ("a.pyi", ""), ("b.pyi", "")]);
        assert_eq!(modules.absolute(&files, &strings, 2, "a"), [Found::Module(0)]);
        assert_eq!(modules.absolute(&files, &strings, 0, "b"), [Found::Module(2)]);
    }

    #[test]
    fn the_folder_of_a_script_is_a_root() {
        let (files, strings, modules) =
            map(&[("a/__init__.py", ""), ("a/helper.py", ""), ("a/main.py", ""), ("s/helper.py", ""), ("s/run.py", "")]);
        assert_eq!(modules.absolute(&files, &strings, 4, "helper"), [Found::Module(3)]);
        // Inside a package the folder is no root; the only other root that knows the name is the scripts'.
        assert_eq!(modules.absolute(&files, &strings, 2, "helper"), [Found::Module(3)]);
    }

    #[test]
    fn a_standard_name_is_not_taken_by_a_file_elsewhere() {
        let (files, strings, modules) = map(&[("s/json.py", ""), ("s/run.py", ""), ("t/run.py", ""), ("tests/sphinx.py", "")]);
        assert_eq!(modules.absolute(&files, &strings, 1, "json"), [Found::Module(0)]);
        assert_eq!(modules.absolute(&files, &strings, 2, "json"), []);
        assert_eq!(modules.absolute(&files, &strings, 2, "sphinx"), []);
    }
}
