# Writes the page of this folder into a C++ file, so that an installed library needs no files beside it.
#
#   cmake -D OUT=viewer_files.cpp -P embed.cmake

function(literal name)
  set(text "")
  foreach(file IN LISTS ARGN)
    file(READ ${CMAKE_CURRENT_LIST_DIR}/${file} part)
    string(APPEND text "${part}")
  endforeach()
  file(APPEND ${OUT}.new "const std::string_view ${name} = R\"viewer(${text})viewer\";\n")
endfunction()

file(WRITE ${OUT}.new
  "#include \"autograd/debug/viewer/files.hpp\"\n\nnamespace tapestry::debug::viewer {\n\n")
literal(kPage viewer.html)
literal(kStyle viewer.css)
# One script: what is used first stands first.
literal(kScript model.js text.js colours.js pictures.js compare.js tree.js contents.js rows.js overview.js
  tensors.js panel.js search.js player.js page.js)
file(APPEND ${OUT}.new "\n}  // namespace tapestry::debug::viewer\n")
file(RENAME ${OUT}.new ${OUT})
