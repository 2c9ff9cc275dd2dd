//! Properties that hold for every text: reading never panics and keeps its places straight, edits read back
//! as what was meant and leave the rest alone, and an edit inside a scalar is the same edit outside.

#[cfg(test)]
mod editing;
#[cfg(test)]
mod lifting;
#[cfg(test)]
mod model;
#[cfg(test)]
mod reading;
