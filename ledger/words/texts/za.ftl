# Prepared, not reviewed by a speaker. What is missing is said in Chinese.
yes = dwg
no = mbouj
