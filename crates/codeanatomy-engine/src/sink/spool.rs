//! Values in the order of their rows, more than memory should hold: all but the last lie in a file without a name, which goes when it is closed.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use bytemuck::Pod;

/// Values that wait in memory for the next write.
const HELD: usize = 1 << 16;

#[derive(Debug)]
pub struct Spool<T> {
    last: Vec<T>,
    file: Option<File>,
    written: usize,
}

impl<T> Default for Spool<T> {
    fn default() -> Self {
        Self { last: Vec::new(), file: None, written: 0 }
    }
}

impl<T: Pod> Spool<T> {
    /// Adds values; what is too much goes to a file in `folder`.
    pub fn extend(&mut self, values: impl IntoIterator<Item = T>, folder: &Path) -> io::Result<()> {
        self.last.extend(values);
        if self.last.len() < HELD {
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile_in(folder)?),
        };
        file.write_all(bytemuck::cast_slice(&self.last))?;
        self.written += self.last.len();
        self.last.clear();
        Ok(())
    }

    /// All values.
    pub fn read(&self) -> io::Result<Vec<T>> {
        let mut values = Vec::with_capacity(self.written + self.last.len());
        values.resize(self.written, T::zeroed());
        if let Some(mut file) = self.file.as_ref() {
            file.seek(SeekFrom::Start(0))?;
            file.read_exact(bytemuck::cast_slice_mut(&mut values))?;
        }
        values.extend_from_slice(&self.last);
        Ok(values)
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        self.last.capacity() * size_of::<T>()
    }
}

#[cfg(test)]
mod tests {
    use super::{HELD, Spool};

    #[test]
    fn what_went_to_the_file_comes_back_in_order() {
        let folder = std::env::temp_dir();
        let mut spool = Spool::default();
        for start in (0..5 * HELD as i64).step_by(1000) {
            spool.extend(start..start + 1000, &folder).expect("a folder that can be written");
        }
        let expected: Vec<i64> = (0..5 * HELD as i64).step_by(1000).flat_map(|start| start..start + 1000).collect();
        assert!(spool.bytes() < expected.len() * 8);
        for _ in 0..2 {
            assert_eq!(spool.read().expect("its own file"), expected);
        }
    }

    #[test]
    fn few_values_need_no_file() {
        let mut spool = Spool::default();
        spool.extend([3_u128, 1], "/nowhere".as_ref()).expect("no file is made");
        assert_eq!(spool.read().expect("no file is read"), [3, 1]);
    }
}
