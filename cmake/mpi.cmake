# Training shared among MPI ranks. Off by default: the program would load MPI's libraries at every start, for all commands.
option(DAOGOU_MPI "Share a training run among MPI ranks" OFF)
if(DAOGOU_MPI)
  find_package(MPI REQUIRED COMPONENTS C)
  set_source_files_properties(${CMAKE_SOURCE_DIR}/src/train/ranks_one.c PROPERTIES HEADER_FILE_ONLY TRUE)
  target_sources(train PRIVATE ${CMAKE_SOURCE_DIR}/src/train/mpi/ranks_mpi.c)
  target_link_libraries(train PUBLIC MPI::MPI_C)
endif()
