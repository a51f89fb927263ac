"""The commands of `cairn`. Each group is a module that is loaded when it is asked for."""
