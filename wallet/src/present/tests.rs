mod counter;
mod refused;
mod shown;
