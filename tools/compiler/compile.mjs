// Compiles every .py in a folder with the CPython that is compiled to WebAssembly: `node compile.mjs FOLDER`.
import { loadPyodide } from "pyodide";

const python = await loadPyodide({ env: { PYTHONHASHSEED: "0" } });
python.mountNodeFS("/package", process.argv[2]);
const compiled = python.runPython(`
import compileall, py_compile, warnings

warnings.simplefilter("ignore")  # what libraries' authors have to hear, and nobody here
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
compileall.compile_dir("/package", stripdir="/package", invalidation_mode=mode, quiet=1)
`);
process.exit(compiled ? 0 : 1);
