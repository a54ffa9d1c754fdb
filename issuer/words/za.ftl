# Prepared, not reviewed by a speaker. What is missing is said in Chinese.
find-go = Ra
list-reload = Dauq hawj
