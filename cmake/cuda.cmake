# The CUDA device of room tensor, where nvcc is found (PATH, CUDACXX or /usr/local/cuda); else gpu_none.c stands in for it.
# One file is compiled by a plain command: the project stays a C project, with no second language to configure. cudart is linked
# statically and cuBLASLt found at run time, so the program starts on machines without CUDA. The PTX is for GPUs after sm_90.
option(DAOGOU_CUDA "Build the CUDA device if nvcc is there" ON)
get_filename_component(cuda_compiler_directory "$ENV{CUDACXX}" DIRECTORY)
find_program(NVCC nvcc HINTS ${cuda_compiler_directory} PATHS /usr/local/cuda/bin)
if(NVCC)
  get_filename_component(cuda_root ${NVCC} REALPATH)
  get_filename_component(cuda_root ${cuda_root} DIRECTORY)
  find_library(CUDART_STATIC cudart_static HINTS ${cuda_root}/../lib64 ${cuda_root}/../targets/x86_64-linux/lib)
endif()
if(NOT DAOGOU_CUDA OR NOT NVCC OR NOT CUDART_STATIC OR DAOGOU_SANITIZE OR DAOGOU_FUZZ)
  message(STATUS "CUDA: not built")
  return()
endif()
message(STATUS "CUDA: ${NVCC}")
set(cuda_object ${CMAKE_BINARY_DIR}/gpu_cuda.o)
set(cuda_directory ${CMAKE_SOURCE_DIR}/src/tensor)
add_custom_command(OUTPUT ${cuda_object}
  COMMAND ${NVCC} -O3 -gencode arch=compute_90,code=sm_90 -gencode arch=compute_90,code=compute_90
          -Xcompiler -fPIC,-fno-exceptions,-fno-rtti,-fno-threadsafe-statics,-Wall,-Wextra -c ${cuda_directory}/gpu_cuda.cu -o ${cuda_object}
  DEPENDS ${cuda_directory}/gpu_cuda.cu ${cuda_directory}/gpu.h ${cuda_directory}/gpu_dialect.h ${cuda_directory}/gpu_kernels.h
          ${cuda_directory}/gpu_rows.h ${cuda_directory}/gpu_attention.h ${cuda_directory}/gpu_attention_bf16.h ${cuda_directory}/gpu_attention_64.h ${cuda_directory}/dropout_hash.h
  COMMENT "Compiling the CUDA kernels" VERBATIM)
set_source_files_properties(${cuda_object} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
set_source_files_properties(${cuda_directory}/gpu_none.c PROPERTIES HEADER_FILE_ONLY TRUE)
target_sources(tensor PRIVATE ${cuda_object})
target_link_libraries(tensor PUBLIC ${CUDART_STATIC} Threads::Threads ${CMAKE_DL_LIBS} rt)
