mod agreement;
mod language;
mod meaning;
mod reference;
mod refusals;
mod row_machine;
mod rules;
mod sample;
