Attribute VB_Name = "SopxlRibbon"
Option Explicit

' Part of sopxl, MIT licence.
' What the ribbon tab calls. Each ribbon button carries the name of its macro as its tag,
' so a new button needs nothing here.

Public Sub SopxlRibbon_Press(control As IRibbonControl)
    Application.Run SopxlOwnMacro(control.Tag)
End Sub
