//! The issuer's page, request by request; one rejection test per rule.

mod approval;
mod browser;
mod devices;
mod eyes;
mod find;
mod lists;
mod paper;
mod records;
mod recovery;
mod rules;
mod screen;
mod sign_in;
mod work;
