//! The content fingerprint of a table: a sum over its rows, so the order of rows and the borders of batches do not matter. No security lies in it.
//!
//! The rule, version 1 (all arithmetic wraps):
//! - The seed of a column is BLAKE3 of `codeanatomy fingerprint 1`, the type's name, a zero byte and the column's name, read as four
//!   little-endian words `s0 s1 m0 m1`, with the lowest bit of `m0` and `m1` set.
//! - A value is two words: a bool 0 or 1, an integer its 64-bit two's complement, a float its bits (every NaN is 0x7ff8000000000000), twice;
//!   a text or bytes `digest`; a list `digest` over 16 bytes an element (its words) with the number of elements as length; a map the sum
//!   of the words of `digest(key words, value words)` over its entries and their number; a null inside a list or map 0x6e756c6c, twice.
//! - A row starts with lanes `a = 0x9e3779b97f4a7c15, b = 0xc2b2ae3d27d4eb4f`; each column in order does
//!   `a = (a ^ v0 ^ s0) * m0; a ^= a >> 32; b = (b ^ rotl(v1, 32) ^ s1) * m1; b ^= b >> 29`; a null does
//!   `a = (rotl(a, 17) ^ s0) * m0; a ^= a >> 32; b = (rotl(b, 17) ^ s1) * m1; b ^= b >> 29`.
//! - The row's hash is `x = mix(a + rotl(b, 17)); y = mix(b ^ x)`, with `mix` of SplitMix64, as the 128-bit number `x << 64 | y`.
//! - The fingerprint is the sum of the rows' hashes and of the first 16 bytes (little-endian) of BLAKE3 over the schema (the columns'
//!   `type zero name zero` after the same prefix), in 32 hexadecimal digits, followed by the number of rows in 16.

use codeanatomy_spec::{ColumnDefinition, ColumnType};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, OffsetSizeTrait, RecordBatch};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type};

use crate::bytes::{Bytes, Neighbour};

const PREFIX: &[u8] = b"codeanatomy fingerprint 1";
const LANES: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xc2b2_ae3d_27d4_eb4f];
const BYTES_A: u64 = 0xff51_afd7_ed55_8ccd;
const BYTES_B: u64 = 0xc4ce_b9fe_1a85_ec53;
const NULL: u64 = 0x6e75_6c6c;

type Words = (u64, u64);

/// The sum so far.
#[derive(Clone, Debug)]
pub struct Fingerprint {
    seeds: Vec<Seed>,
    sum: u128,
    rows: u64,
    lanes: Vec<Words>,
}

impl Fingerprint {
    pub fn new(columns: &[ColumnDefinition]) -> Self {
        Self { seeds: columns.iter().map(Seed::new).collect(), sum: schema_hash(columns), rows: 0, lanes: Vec::new() }
    }

    /// Adds the rows of a batch whose columns are the declared ones, in any representation.
    pub fn add(&mut self, batch: &RecordBatch) {
        self.lanes.clear();
        self.lanes.resize(batch.num_rows(), (LANES[0], LANES[1]));
        for (seed, column) in self.seeds.iter().zip(batch.columns()) {
            seed.mix_column(column, &mut self.lanes);
        }
        self.sum = self.lanes.iter().fold(self.sum, |sum, &lanes| sum.wrapping_add(finish(lanes)));
        self.rows += batch.num_rows() as u64;
    }

    pub fn hex(&self) -> String {
        format!("{:032x}{:016x}", self.sum, self.rows)
    }
}

/// One 128-bit hash a row of a batch with the declared columns: those that a fingerprint is the sum of.
pub fn row_hashes(columns: &[ColumnDefinition], batch: &RecordBatch) -> Vec<u128> {
    let mut lanes = vec![(LANES[0], LANES[1]); batch.num_rows()];
    for (column, array) in columns.iter().zip(batch.columns()) {
        Seed::new(column).mix_column(array, &mut lanes);
    }
    lanes.into_iter().map(finish).collect()
}

/// One 128-bit hash a row over some columns: equal keys have equal hashes.
pub fn key_hashes(columns: &[&ColumnDefinition], arrays: &[&ArrayRef]) -> Vec<u128> {
    let mut lanes = vec![(LANES[0], LANES[1]); arrays.first().map_or(0, |array| array.len())];
    for (column, array) in columns.iter().zip(arrays) {
        // The name does not enter: a column and the key it refers to may be named differently.
        Seed::named(column.kind, "").mix_column(array, &mut lanes);
    }
    lanes.into_iter().map(finish).collect()
}

#[derive(Clone, Debug)]
struct Seed {
    kind: ColumnType,
    s: Words,
    m: Words,
}

impl Seed {
    fn new(column: &ColumnDefinition) -> Self {
        Self::named(column.kind, &column.name)
    }

    fn named(kind: ColumnType, name: &str) -> Self {
        let hash = blake3::Hasher::new().update(PREFIX).update(kind.name().as_bytes()).update(&[0]).update(name.as_bytes()).finalize();
        let word = |index: usize| u64::from_le_bytes(hash.as_bytes()[index * 8..index * 8 + 8].try_into().expect("eight bytes"));
        Self { kind, s: (word(0), word(1)), m: (word(2) | 1, word(3) | 1) }
    }

    fn value(&self, lanes: &mut Words, value: Words) {
        lanes.0 = (lanes.0 ^ value.0 ^ self.s.0).wrapping_mul(self.m.0);
        lanes.0 ^= lanes.0 >> 32;
        lanes.1 = (lanes.1 ^ value.1.rotate_left(32) ^ self.s.1).wrapping_mul(self.m.1);
        lanes.1 ^= lanes.1 >> 29;
    }

    fn null(&self, lanes: &mut Words) {
        *lanes = (lanes.0.rotate_left(17), lanes.1.rotate_left(17));
        self.value(lanes, (0, 0));
    }

    fn mix_column(&self, column: &ArrayRef, lanes: &mut [Words]) {
        if let DataType::Dictionary(_, values) = column.data_type() {
            let plain = cast(column, values).expect("a dictionary casts to its values");
            return self.mix_column(&plain, lanes);
        }
        let nulls = column.nulls();
        match self.kind {
            ColumnType::Bool => {
                let values = column.as_boolean();
                self.each(nulls, lanes, |row| twice(u64::from(values.value(row))));
            }
            ColumnType::Int32 => {
                let values = column.as_primitive::<Int32Type>();
                self.each(nulls, lanes, |row| twice(i64::from(values.value(row)) as u64));
            }
            ColumnType::Int64 => {
                let values = column.as_primitive::<Int64Type>();
                self.each(nulls, lanes, |row| twice(values.value(row) as u64));
            }
            ColumnType::Float64 => {
                let values = column.as_primitive::<Float64Type>();
                self.each(nulls, lanes, |row| float_words(values.value(row)));
            }
            ColumnType::String | ColumnType::Binary => {
                let (bytes, mut known) = (Bytes::new(column), Neighbour::default());
                self.each(nulls, lanes, |row| known.of(&bytes, row, digest));
            }
            ColumnType::Int32List | ColumnType::Int64List | ColumnType::StringList => {
                let lists = match column.data_type() {
                    DataType::LargeList(_) => elements(column.as_list::<i64>().value_offsets(), column.as_list::<i64>().values()),
                    _ => elements(column.as_list::<i32>().value_offsets(), column.as_list::<i32>().values()),
                };
                self.each(nulls, lanes, |row| digest_words(lists.row(row)));
            }
            ColumnType::StringMap => {
                let maps = column.as_map();
                let keys = elements(maps.value_offsets(), maps.keys());
                let values = elements(maps.value_offsets(), maps.values());
                self.each(nulls, lanes, |row| map_words(keys.row(row), values.row(row)));
            }
        }
    }

    fn each(&self, nulls: Option<&NullBuffer>, lanes: &mut [Words], mut words: impl FnMut(usize) -> Words) {
        let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
        for (row, lanes) in lanes.iter_mut().enumerate() {
            if nulls.is_none_or(|nulls| nulls.is_valid(row)) { self.value(lanes, words(row)) } else { self.null(lanes) }
        }
    }
}

fn twice(word: u64) -> Words {
    (word, word)
}

fn float_words(value: f64) -> Words {
    twice(if value.is_nan() { 0x7ff8_0000_0000_0000 } else { value.to_bits() })
}

/// Two words for bytes: eight at a time, the last ones padded with zeros, the length at the end.
fn digest(bytes: &[u8]) -> Words {
    let mut lanes = (LANES[0], LANES[1]);
    let chunks = bytes.chunks_exact(8);
    let rest = chunks.remainder();
    for chunk in chunks {
        absorb(&mut lanes, u64::from_le_bytes(chunk.try_into().expect("eight bytes")));
    }
    if !rest.is_empty() {
        let mut last = [0u8; 8];
        last[..rest.len()].copy_from_slice(rest);
        absorb(&mut lanes, u64::from_le_bytes(last));
    }
    absorb(&mut lanes, bytes.len() as u64);
    lanes
}

/// The same for words, with their number at the end.
fn digest_words(words: &[Words]) -> Words {
    let mut lanes = (LANES[0], LANES[1]);
    for word in words {
        absorb(&mut lanes, word.0);
        absorb(&mut lanes, word.1);
    }
    absorb(&mut lanes, words.len() as u64);
    lanes
}

fn absorb(lanes: &mut Words, word: u64) {
    lanes.0 = (lanes.0 ^ word).wrapping_mul(BYTES_A);
    lanes.0 ^= lanes.0 >> 32;
    lanes.1 = (lanes.1 ^ word.rotate_left(32)).wrapping_mul(BYTES_B);
    lanes.1 ^= lanes.1 >> 29;
}

/// The words of all elements of a column of lists or maps, and where each row's begin and end.
struct Elements {
    words: Vec<Words>,
    bounds: Vec<usize>,
}

impl Elements {
    fn row(&self, row: usize) -> &[Words] {
        &self.words[self.bounds[row]..self.bounds[row + 1]]
    }
}

/// `offsets` has one more than there are rows.
fn elements<O: OffsetSizeTrait>(offsets: &[O], values: &ArrayRef) -> Elements {
    let (first, last) = (offsets[0].as_usize(), offsets[offsets.len() - 1].as_usize());
    Elements {
        words: element_words(&values.slice(first, last - first)),
        bounds: offsets.iter().map(|offset| offset.as_usize() - first).collect(),
    }
}

fn element_words(values: &ArrayRef) -> Vec<Words> {
    fn each(values: &ArrayRef, mut words: impl FnMut(usize) -> Words) -> Vec<Words> {
        (0..values.len()).map(|row| if values.is_null(row) { twice(NULL) } else { words(row) }).collect()
    }
    match values.data_type() {
        DataType::Int32 => {
            let numbers = values.as_primitive::<Int32Type>();
            each(values, |row| twice(i64::from(numbers.value(row)) as u64))
        }
        DataType::Int64 => {
            let numbers = values.as_primitive::<Int64Type>();
            each(values, |row| twice(numbers.value(row) as u64))
        }
        DataType::Dictionary(_, kind) => element_words(&cast(values, kind).expect("a dictionary casts to its values")),
        _ => {
            let (bytes, mut known) = (Bytes::new(values), Neighbour::default());
            each(values, |row| known.of(&bytes, row, digest))
        }
    }
}

fn map_words(keys: &[Words], values: &[Words]) -> Words {
    let mut sum = twice(keys.len() as u64);
    for (&key, &value) in keys.iter().zip(values) {
        let words = digest_words(&[key, value]);
        sum = (sum.0.wrapping_add(words.0), sum.1.wrapping_add(words.1));
    }
    sum
}

fn finish((a, b): Words) -> u128 {
    let x = mix(a.wrapping_add(b.rotate_left(17)));
    let y = mix(b ^ x);
    (u128::from(x) << 64) | u128::from(y)
}

fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

fn schema_hash(columns: &[ColumnDefinition]) -> u128 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(PREFIX);
    for column in columns {
        hasher.update(column.kind.name().as_bytes()).update(&[0]).update(column.name.as_bytes()).update(&[0]);
    }
    u128::from_le_bytes(hasher.finalize().as_bytes()[..16].try_into().expect("sixteen bytes"))
}
