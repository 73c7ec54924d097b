//! A row of anything as named cells, in the order of its fields.
//!
//! Whatever serialises as a struct is a row: its scalar fields are cells, times are told from
//! counts by their type, and what is neither (a list, a struct) is a cell of JSON. So a read model
//! gets a table, CSV and JSON by deriving `Serialize`, and no more.

use projectionist::UnixMicros;
use serde::Serialize;
use serde::ser::{Error as _, Impossible, SerializeMap, SerializeStruct, Serializer};
use serde_json::{Error, Value};

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    /// Not known, or not there.
    Null,
    Flag(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    /// A moment.
    Time(UnixMicros),
    /// Anything made of parts.
    Json(Value),
}

impl Cell {
    /// Whether people compare it by its last digit.
    pub(super) fn is_number(&self) -> bool {
        matches!(self, Self::Integer(_) | Self::Number(_))
    }
}

/// The cells of a row, with their names.
///
/// # Errors
/// Where `row` is no struct, or does not serialise: rows of ours do.
pub(crate) fn cells(row: &impl Serialize) -> Result<Vec<(String, Cell)>, Error> {
    match row.serialize(Maker)? {
        Made::Row(cells) => Ok(cells),
        Made::Cell(_) => Err(no_row()),
    }
}

fn no_row() -> Error {
    Error::custom("not a row: a struct with named fields is needed")
}

/// What a value was made into.
enum Made {
    Cell(Cell),
    Row(Vec<(String, Cell)>),
}

/// Makes a cell of a scalar and a row of a struct; refuses the rest, which is JSON then.
struct Maker;

/// Gathers the fields of a struct.
struct RowMaker(Vec<(String, Cell)>);

/// Gathers the entries of a map.
#[derive(Default)]
struct MapMaker {
    name: String,
    row: Vec<(String, Cell)>,
}

impl SerializeStruct for RowMaker {
    type Ok = Made;
    type Error = Error;

    fn serialize_field<T: ?Sized + Serialize>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.0.push((name.to_owned(), of(value)?));
        Ok(())
    }

    fn end(self) -> Result<Made, Error> {
        Ok(Made::Row(self.0))
    }
}

/// A struct that takes another one's fields in serialises as a map.
impl SerializeMap for MapMaker {
    type Ok = Made;
    type Error = Error;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), Error> {
        let Made::Cell(Cell::Text(name)) = key.serialize(Maker)? else {
            return Err(no_row());
        };
        self.name = name;
        Ok(())
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        let name = std::mem::take(&mut self.name);
        self.row.push((name, of(value)?));
        Ok(())
    }

    fn end(self) -> Result<Made, Error> {
        Ok(Made::Row(self.row))
    }
}

/// The cell of a field: itself, or JSON if it is made of parts.
fn of<T: ?Sized + Serialize>(value: &T) -> Result<Cell, Error> {
    match value.serialize(Maker) {
        Ok(Made::Cell(cell)) => Ok(cell),
        _ => Ok(Cell::Json(serde_json::to_value(value)?)),
    }
}

/// Methods that make a cell of a scalar.
macro_rules! scalars {
    ($($method:ident($value:ident: $type:ty) => $cell:expr;)*) => {
        $(fn $method(self, $value: $type) -> Result<Made, Error> {
            Ok(Made::Cell($cell))
        })*
    };
}

impl Serializer for Maker {
    type Ok = Made;
    type Error = Error;
    type SerializeSeq = Impossible<Made, Error>;
    type SerializeTuple = Impossible<Made, Error>;
    type SerializeTupleStruct = Impossible<Made, Error>;
    type SerializeTupleVariant = Impossible<Made, Error>;
    type SerializeMap = MapMaker;
    type SerializeStruct = RowMaker;
    type SerializeStructVariant = Impossible<Made, Error>;

    scalars! {
        serialize_bool(v: bool) => Cell::Flag(v);
        serialize_i8(v: i8) => Cell::Integer(v.into());
        serialize_i16(v: i16) => Cell::Integer(v.into());
        serialize_i32(v: i32) => Cell::Integer(v.into());
        serialize_i64(v: i64) => Cell::Integer(v);
        serialize_u8(v: u8) => Cell::Integer(v.into());
        serialize_u16(v: u16) => Cell::Integer(v.into());
        serialize_u32(v: u32) => Cell::Integer(v.into());
        serialize_u64(v: u64) => i64::try_from(v).map_or(Cell::Number(v as f64), Cell::Integer);
        serialize_f32(v: f32) => Cell::Number(v.into());
        serialize_f64(v: f64) => Cell::Number(v);
        serialize_char(v: char) => Cell::Text(v.to_string());
        serialize_str(v: &str) => Cell::Text(v.to_owned());
    }

    fn serialize_none(self) -> Result<Made, Error> {
        Ok(Made::Cell(Cell::Null))
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<Made, Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Made, Error> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Made, Error> {
        self.serialize_none()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Made, Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Made, Error> {
        match value.serialize(self)? {
            Made::Cell(Cell::Integer(us)) if name == "UnixMicros" => {
                Ok(Made::Cell(Cell::Time(UnixMicros(us))))
            }
            made => Ok(made),
        }
    }

    fn serialize_struct(self, _: &'static str, len: usize) -> Result<RowMaker, Error> {
        Ok(RowMaker(Vec::with_capacity(len)))
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Made, Error> {
        Err(no_row())
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Made, Error> {
        Err(no_row())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Error> {
        Err(no_row())
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Error> {
        Err(no_row())
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Error> {
        Err(no_row())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        Err(no_row())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Error> {
        Ok(MapMaker::default())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        Err(no_row())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use projectionist::Rank;
    use serde_json::json;

    #[derive(Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Ending {
        LeftEarly,
    }

    #[derive(Serialize)]
    struct Sample {
        zuletzt: UnixMicros,
        at: Option<UnixMicros>,
        count: u64,
        rank: Rank,
        seconds: f64,
        open: bool,
        name: String,
        by: Option<String>,
        ended: Ending,
        counts: Vec<i64>,
        inner: Inner,
    }

    #[derive(Serialize)]
    struct Inner {
        a: i64,
    }

    #[derive(Serialize)]
    struct Outer {
        first: i64,
        #[serde(flatten)]
        inner: Inner,
    }

    #[test]
    fn a_struct_is_a_row_in_the_order_of_its_fields_and_knows_its_times() {
        let sample = Sample {
            zuletzt: UnixMicros(5),
            at: Some(UnixMicros(7)),
            count: 7,
            rank: Rank(2.0),
            seconds: 0.5,
            open: true,
            name: "x".into(),
            by: None,
            ended: Ending::LeftEarly,
            counts: vec![1, 2],
            inner: Inner { a: 1 },
        };
        let expected = [
            ("zuletzt", Cell::Time(UnixMicros(5))),
            ("at", Cell::Time(UnixMicros(7))),
            ("count", Cell::Integer(7)),
            ("rank", Cell::Integer(2)),
            ("seconds", Cell::Number(0.5)),
            ("open", Cell::Flag(true)),
            ("name", Cell::Text("x".into())),
            ("by", Cell::Null),
            ("ended", Cell::Text("left_early".into())),
            ("counts", Cell::Json(json!([1, 2]))),
            ("inner", Cell::Json(json!({"a": 1}))),
        ];
        let expected = expected.map(|(name, cell)| (name.to_owned(), cell));
        assert_eq!(cells(&sample).unwrap(), expected);
        let outer = Outer {
            first: 0,
            inner: Inner { a: 1 },
        };
        let expected = [("first", 0), ("a", 1)];
        let expected = expected.map(|(name, n)| (name.to_owned(), Cell::Integer(n)));
        assert_eq!(cells(&outer).unwrap(), expected);
        assert!(cells(&7).is_err());
        assert_eq!(serde_json::to_string(&sample.zuletzt).unwrap(), "5");
    }
}
