//! CPython's location table (`co_linetable`, from 3.11): which source text each code unit comes from. Lines and byte columns, no file.

/// Where a code unit comes from, as the interpreter counts: lines from 1, columns in bytes from 0. No line: no place at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Location {
    pub line: Option<i32>,
    pub end_line: Option<i32>,
    pub columns: Option<(i32, i32)>,
}

/// A walk along a table. Entries follow each other: a table cannot be entered in the middle.
pub struct Locations<'a> {
    table: &'a [u8],
    at: usize,
    line: i32,
    /// First code unit after the current entry.
    end: usize,
    current: Location,
}

impl<'a> Locations<'a> {
    pub fn new(table: &'a [u8], first_line: i32) -> Self {
        Self { table, at: 0, line: first_line, end: 0, current: Location::default() }
    }

    /// The location of a code unit. Units must be asked for in ascending order; behind the table there is no place.
    pub fn unit(&mut self, unit: usize) -> Result<Location, String> {
        while self.end <= unit {
            if self.at == self.table.len() {
                return Ok(Location::default());
            }
            self.entry()?;
        }
        Ok(self.current)
    }

    /// Reads one entry: a form, a number of units, and what the form holds (`Objects/locations.md`).
    fn entry(&mut self) -> Result<(), String> {
        let first = self.byte()?;
        if first & 0x80 == 0 {
            return Err(format!("location table: byte {} starts no entry", self.at - 1));
        }
        self.end += usize::from(first & 7) + 1;
        let form = i32::from((first >> 3) & 15);
        self.current = match form {
            0..=9 => self.short(form)?,
            10..=12 => self.one_line(form - 10)?,
            13 => self.without_columns()?,
            14 => self.long()?,
            _ => Location::default(),
        };
        Ok(())
    }

    fn short(&mut self, form: i32) -> Result<Location, String> {
        let byte = i32::from(self.byte()?);
        let start = form * 8 + ((byte >> 4) & 7);
        Ok(self.here(Some((start, start + (byte & 15)))))
    }

    fn one_line(&mut self, delta: i32) -> Result<Location, String> {
        self.line = self.line.wrapping_add(delta);
        let columns = (i32::from(self.byte()?), i32::from(self.byte()?));
        Ok(self.here(Some(columns)))
    }

    fn without_columns(&mut self) -> Result<Location, String> {
        self.line = self.line.wrapping_add(self.signed()?);
        Ok(self.here(None))
    }

    fn long(&mut self) -> Result<Location, String> {
        self.line = self.line.wrapping_add(self.signed()?);
        let end_line = self.line.wrapping_add(self.unsigned()?);
        // Columns are stored plus one; 0 is none.
        let (start, end) = (self.unsigned()? - 1, self.unsigned()? - 1);
        let columns = (start >= 0 && end >= 0).then_some((start, end));
        Ok(Location { line: Some(self.line), end_line: Some(end_line), columns })
    }

    fn here(&self, columns: Option<(i32, i32)>) -> Location {
        Location { line: Some(self.line), end_line: Some(self.line), columns }
    }

    fn byte(&mut self) -> Result<u8, String> {
        let byte = self.table.get(self.at).copied().ok_or("location table: it ends inside an entry")?;
        self.at += 1;
        Ok(byte)
    }

    /// Six bits a byte, the lowest first; bit 6 says that more follow.
    fn unsigned(&mut self) -> Result<i32, String> {
        let (mut value, mut shift) = (0i32, 0);
        loop {
            let byte = self.byte()?;
            value |= i32::from(byte & 63) << shift;
            if byte & 64 == 0 {
                return Ok(value);
            }
            shift += 6;
            if shift > 24 {
                return Err("location table: a number is too large".to_string());
            }
        }
    }

    /// The lowest bit is the sign.
    fn signed(&mut self) -> Result<i32, String> {
        let value = self.unsigned()?;
        Ok(if value & 1 == 1 { -(value >> 1) } else { value >> 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(table: &[u8], first_line: i32, count: usize) -> Vec<Location> {
        let mut locations = Locations::new(table, first_line);
        (0..count).map(|unit| locations.unit(unit).expect("a sound table")).collect()
    }

    fn place(line: i32, end_line: i32, start: i32, end: i32) -> Location {
        Location { line: Some(line), end_line: Some(end_line), columns: Some((start, end)) }
    }

    #[test]
    fn every_form_of_entry() {
        let bare = Location { line: Some(5), end_line: Some(5), columns: None };
        // Short (form 1, two units), one line down by one, no columns two lines up, long over three lines, none.
        let table =
            [0x80 | 1 << 3 | 1, 0x34, 0x80 | 11 << 3, 4, 90, 0x80 | 13 << 3, 5, 0x80 | 14 << 3, 2, 2, 5, 0x40 | 2, 2, 0x80 | 15 << 3];
        let expected = [place(6, 6, 11, 15), place(6, 6, 11, 15), place(7, 7, 4, 90), bare, place(6, 8, 4, 129), Location::default()];
        assert_eq!(units(&table, 6, 6), expected);
    }

    #[test]
    fn columns_may_be_missing_in_the_long_form() {
        let table = [0x80 | 14 << 3, 0, 0, 0, 0];
        assert_eq!(units(&table, 3, 1), [Location { line: Some(3), end_line: Some(3), columns: None }]);
    }

    #[test]
    fn a_broken_table_is_refused() {
        assert_eq!(Locations::new(&[0x12], 1).unit(0), Err("location table: byte 0 starts no entry".to_string()));
        assert_eq!(Locations::new(&[0x80 | 10 << 3, 4], 1).unit(0), Err("location table: it ends inside an entry".to_string()));
        let endless = [0x80 | 13 << 3, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f];
        assert_eq!(Locations::new(&endless, 1).unit(0), Err("location table: a number is too large".to_string()));
    }
}
