mod hostile;
mod pages;
mod words;
mod world;
