// After the component's script, in the same module: draw the spaces, and again when the colours change.
const root = document.querySelector("#spaces").attachShadow({ mode: "open" });
root.append(document.querySelector("#style").content);
const data = JSON.parse(document.querySelector("#data").textContent);
const draw = () => drawSpaces({ data, parentElement: root, setStateValue: () => {} });
for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", draw);
draw();
