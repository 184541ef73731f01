// An owner for the precompiled headers, which CMake gives to targets only.
