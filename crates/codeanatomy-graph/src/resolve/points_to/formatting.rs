//! Templates, `"%s" % x` and `"{}".format(x)`: which special method of what they show each of their places runs.

use crate::resolve::points_to::calls::{Argument, Arguments};
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{Container, Id, Set, Value};
use crate::table::Str;

/// A place in a template.
#[derive(Debug, PartialEq)]
struct Place {
    /// What is shown there by name, else by its number.
    name: Result<String, usize>,
    /// The attributes of it that are shown.
    path: Vec<String>,
    /// `s`, `r`, `d` and so on; a blank for `{}`.
    conversion: char,
}

impl Machine<'_, '_> {
    /// `template % right`; none where the template is not known.
    pub fn interpolated(&mut self, node: u32, template: Option<Str>, right: Set) {
        let places = template.and_then(|template| percent_places(self.resolver.strings.text(template)));
        let mut whole: Vec<Id> = Vec::new();
        for id in self.elements(right) {
            match (self.values.get(id), &places) {
                (Value::Container { kind: Container::Tuple, .. }, Some(places)) => {
                    for place in places {
                        let set = match place.name {
                            Ok(_) => self.sets.one(id),
                            Err(number) => self.load_index(id, number as i64),
                        };
                        self.converted(node, set, place.conversion);
                    }
                }
                (Value::Container { kind: Container::Tuple, .. }, None) => {
                    let elements = self.elements_of(node, id, false);
                    self.converted(node, elements, 's');
                }
                (_, Some(places)) if places.iter().any(|place| place.name.is_ok()) => {
                    let mapping = self.sets.one(id);
                    for place in places {
                        if let Ok(name) = &place.name {
                            let set = self.under(node, mapping, name);
                            self.converted(node, set, place.conversion);
                        }
                    }
                }
                _ => whole.push(id),
            }
        }
        let first = places.as_ref().map_or(Some('s'), |places| places.first().map(|place| place.conversion));
        if let Some(conversion) = first {
            let whole = self.sets.of(whole);
            self.converted(node, whole, conversion);
        }
    }

    /// `template.format(…)`; none where the template is not known.
    pub fn filled_in(&mut self, site: u32, template: Option<Str>, arguments: &Arguments) {
        let is_spread = arguments.all.iter().any(|argument| argument.is_spread);
        let places = template.filter(|_| !is_spread).and_then(|template| brace_places(self.resolver.strings.text(template)));
        let Some(places) = places else {
            for argument in &arguments.all {
                let set = if argument.is_spread { self.iterate(site, argument.set, false) } else { argument.set };
                self.formatted(site, set, Via::Format);
            }
            return;
        };
        for place in places {
            let argument = match &place.name {
                Ok(name) => arguments.keyword(self.resolver.strings.intern(name)),
                Err(number) => arguments.positional(*number),
            };
            if let Some(set) = argument {
                self.shown_at(site, set, &place);
            }
        }
    }

    /// `template.format_map(mapping)`.
    pub fn filled_from(&mut self, site: u32, template: Str, mapping: Set) {
        for place in brace_places(self.resolver.strings.text(template)).unwrap_or_default() {
            if let Ok(name) = &place.name {
                let set = self.under(site, mapping, name);
                self.shown_at(site, set, &place);
            }
        }
    }

    fn under(&mut self, site: u32, mapping: Set, name: &str) -> Set {
        let name = self.resolver.strings.intern(name);
        let key = Argument::unwritten(self.one(Value::Text(name)));
        self.items(site, mapping, key, false)
    }

    fn shown_at(&mut self, site: u32, set: Set, place: &Place) {
        let mut set = set;
        for name in &place.path {
            let name = self.resolver.strings.intern(name);
            set = self.load_attributes(site, set, name);
        }
        self.converted(site, set, place.conversion);
    }

    fn converted(&mut self, site: u32, set: Set, conversion: char) {
        let words = self.words;
        match conversion {
            's' => self.first_special(site, set, &[words.str_, words.repr], Via::Format),
            'r' | 'a' => self.first_special(site, set, &[words.repr], Via::Format),
            'd' | 'i' | 'u' => self.first_special(site, set, &[words.int_, words.index_], Via::Format),
            'c' | 'o' | 'x' | 'X' => self.first_special(site, set, &[words.index_], Via::Format),
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => self.first_special(site, set, &[words.float_, words.index_], Via::Format),
            _ => self.formatted(site, set, Via::Format),
        }
    }
}

/// The places of a template for `%`. None where a width is given from outside, too.
fn percent_places(template: &str) -> Option<Vec<Place>> {
    let mut places = Vec::new();
    let mut letters = template.chars().peekable();
    while letters.by_ref().any(|letter| letter == '%') {
        let name = letters.next_if_eq(&'(').map(|_| letters.by_ref().take_while(|&letter| letter != ')').collect());
        while letters.next_if(|letter| letter.is_ascii_digit() || "#- +.hlL".contains(*letter)).is_some() {}
        match letters.next()? {
            '%' => {}
            '*' => return None,
            conversion => places.push(Place { name: name.ok_or(places.len()), path: Vec::new(), conversion }),
        }
    }
    Some(places)
}

/// The places of a template for `format`. None where one lies in another or takes an item of something.
fn brace_places(template: &str) -> Option<Vec<Place>> {
    let mut places = Vec::new();
    let mut rest = template;
    let mut numbered = 0;
    while let Some(at) = rest.find('{') {
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('{') {
            rest = after;
            continue;
        }
        let (place, after) = rest.split_once('}')?;
        rest = after;
        if place.contains(['{', '[']) {
            return None;
        }
        let (field, conversion) = match place.split_once('!') {
            Some((field, conversion)) if !field.contains(':') => (field, conversion.chars().next()?),
            _ => (place.split(':').next().unwrap_or_default(), ' '),
        };
        let mut parts = field.split('.').map(str::to_owned);
        let name = parts.next().unwrap_or_default();
        let name = if name.is_empty() {
            numbered += 1;
            Err(numbered - 1)
        } else {
            name.parse().map_or(Ok(name), Err)
        };
        places.push(Place { name, path: parts.collect(), conversion });
    }
    Some(places)
}

#[cfg(test)]
mod tests {
    use super::{Place, brace_places, percent_places};

    fn place(name: Result<&str, usize>, path: &[&str], conversion: char) -> Place {
        Place { name: name.map(str::to_owned), path: path.iter().map(|&part| part.to_owned()).collect(), conversion }
    }

    #[test]
    fn places_of_a_percent_template_have_a_number_or_a_name() {
        let places = [place(Err(0), &[], 's'), place(Err(1), &[], 'r'), place(Err(2), &[], 'f')];
        assert_eq!(percent_places("%s is 100%% %-10r %+.2f").unwrap(), places);
        assert_eq!(percent_places("%(name)s").unwrap(), [place(Ok("name"), &[], 's')]);
        assert_eq!(percent_places("nothing").unwrap(), []);
        assert!(percent_places("%*d").is_none());
        assert!(percent_places("broken %").is_none());
    }

    #[test]
    fn places_of_a_brace_template_are_counted_where_they_have_no_name() {
        assert_eq!(
            brace_places("{} {{}} {!r:>10} {:%H:%M!}").unwrap(),
            [place(Err(0), &[], ' '), place(Err(1), &[], 'r'), place(Err(2), &[], ' ')]
        );
        assert_eq!(brace_places("{1} {name.part.other!s}").unwrap(), [place(Err(1), &[], ' '), place(Ok("name"), &["part", "other"], 's')]);
        assert!(brace_places("{:{}}").is_none());
        assert!(brace_places("{0[1]}").is_none());
    }
}
