shell-skip = Skip to the content
shell-development = Development keys are in use: anybody could forge a proof. Not for real matters.
shell-unreviewed = The Zhuang words have not been reviewed by a speaker yet.
shell-languages = Language and size
shell-large = Large print
shell-normal = Normal print
