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
literal(kScript model.js text.js colours.js compare.js tree.js pictures.js search.js rows.js panel.js page.js)
file(APPEND ${OUT}.new "\n}  // namespace tapestry::debug::viewer\n")
file(RENAME ${OUT}.new ${OUT})
