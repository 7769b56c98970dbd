# daogou-mpi, where MPI is installed: the same program, for training runs shared among ranks. A program of its own, because `daogou` would load MPI's
# libraries at every start, for all commands. It shares every object with `daogou`: ranks_mpi.c defines all that ranks_one.c does, so the linker has no
# reason to take the latter out of the room's library.
find_package(MPI QUIET COMPONENTS C)
if(NOT MPI_C_FOUND OR DAOGOU_SANITIZE OR DAOGOU_FUZZ)
  message(STATUS "MPI: daogou-mpi is not built")
  return()
endif()
add_executable(daogou_mpi $<TARGET_OBJECTS:daogou> ${CMAKE_SOURCE_DIR}/src/train/mpi/ranks_mpi.c)
target_link_libraries(daogou_mpi PRIVATE ${program_rooms} MPI::MPI_C)
set_target_properties(daogou_mpi PROPERTIES OUTPUT_NAME daogou-mpi RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
