# Passes everything on to the command of the harness: ./run-experiments.ps1 run quick --set load.duration=10s
$ErrorActionPreference = 'Stop'
& dotnet run -c Release --project (Join-Path $PSScriptRoot 'harness/Harness.Cli') '--' @args
exit $LASTEXITCODE
