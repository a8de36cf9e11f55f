Attribute VB_Name = "SopxlSheets"
Option Explicit

' Part of sopxl, MIT licence.
' The protection of the plan sheets, the keyboard shortcuts, and waiting for Python on a Mac.
' A plan sheet is one that carries the sheet-level name sopxl_plan, whatever its title.
' A new shortcut is a line in EachShortcut and in sopxl/workbook/macros/buttons.py.

Private Const MARKER As String = "sopxl_plan"
Private Const SECONDS_BETWEEN_LOOKS As Long = 2
Private Const LOOKS_AT_MOST As Long = 1800

Private openSheets As Collection
Private openOptions As Collection
Private nextLook As Date
Private looks As Long

' Takes the protection off those plan sheets that have it without a password, and remembers its options.
' A sheet with a password of its own is left as it is.
Public Function SopxlOpenPlanSheets() As Long
    Dim sheet As Worksheet
    Dim options As Variant

    If Not openSheets Is Nothing Then SopxlClosePlanSheets
    Set openSheets = New Collection
    Set openOptions = New Collection
    For Each sheet In ThisWorkbook.Worksheets
        If SopxlIsPlanSheet(sheet) And sheet.ProtectContents Then
            options = ProtectionOptions(sheet)
            If Unprotected(sheet) Then
                openSheets.Add sheet
                openOptions.Add options
            End If
        End If
    Next sheet
    SopxlOpenPlanSheets = openSheets.Count
End Function

' Protects again, with the same options, the sheets that SopxlOpenPlanSheets opened.
Public Function SopxlClosePlanSheets() As Long
    Dim position As Long
    Dim sheet As Worksheet
    Dim options As Variant

    If openSheets Is Nothing Then Exit Function
    On Error Resume Next
    For position = 1 To openSheets.Count
        Set sheet = openSheets.Item(position)
        options = openOptions.Item(position)
        ProtectAgain sheet, options
    Next position
    SopxlClosePlanSheets = openSheets.Count
    Set openSheets = Nothing
    Set openOptions = Nothing
End Function

' Lets macros write and outlines fold on the plan sheets; Excel forgets both when it closes the workbook.
' Does nothing while a step is running, since its sheets must stay open.
Public Function SopxlPreparePlanSheets() As Boolean
    Dim wasSaved As Boolean

    If Not openSheets Is Nothing Then Exit Function
    On Error Resume Next
    wasSaved = ThisWorkbook.Saved
    SopxlOpenPlanSheets
    SopxlClosePlanSheets
    If wasSaved Then ThisWorkbook.Saved = True
    SopxlPreparePlanSheets = True
End Function

Public Function SopxlIsPlanSheet(ByVal sheet As Worksheet) As Boolean
    Dim found As String

    On Error Resume Next
    found = sheet.Names(MARKER).Name
    SopxlIsPlanSheet = Len(found) > 0
End Function

Private Function Unprotected(ByVal sheet As Worksheet) As Boolean
    On Error Resume Next
    sheet.Unprotect ""
    Unprotected = Not sheet.ProtectContents
End Function

Private Function ProtectionOptions(ByVal sheet As Worksheet) As Variant
    Dim options(0 To 13) As Variant
    Dim position As Long

    For position = 0 To 13
        options(position) = False
    Next position
    On Error Resume Next
    options(0) = sheet.ProtectDrawingObjects
    options(1) = sheet.ProtectScenarios
    options(13) = sheet.EnableSelection
    With sheet.Protection
        options(2) = .AllowFormattingCells
        options(3) = .AllowFormattingColumns
        options(4) = .AllowFormattingRows
        options(5) = .AllowInsertingColumns
        options(6) = .AllowInsertingRows
        options(7) = .AllowInsertingHyperlinks
        options(8) = .AllowDeletingColumns
        options(9) = .AllowDeletingRows
        options(10) = .AllowSorting
        options(11) = .AllowFiltering
        options(12) = .AllowUsingPivotTables
    End With
    ProtectionOptions = options
End Function

Private Sub ProtectAgain(ByVal sheet As Worksheet, ByVal options As Variant)
    ProtectFully sheet, options
    If Not sheet.ProtectContents Then ProtectPlainly sheet
End Sub

Private Sub ProtectFully(ByVal sheet As Worksheet, ByVal options As Variant)
    On Error Resume Next
    sheet.EnableOutlining = True
    sheet.EnableSelection = options(13)
    sheet.Protect DrawingObjects:=options(0), Contents:=True, Scenarios:=options(1), UserInterfaceOnly:=True, _
        AllowFormattingCells:=options(2), AllowFormattingColumns:=options(3), AllowFormattingRows:=options(4), _
        AllowInsertingColumns:=options(5), AllowInsertingRows:=options(6), AllowInsertingHyperlinks:=options(7), _
        AllowDeletingColumns:=options(8), AllowDeletingRows:=options(9), AllowSorting:=options(10), _
        AllowFiltering:=options(11), AllowUsingPivotTables:=options(12)
End Sub

' For a program that does not know all options, such as LibreOffice: a protected sheet is never left open.
Private Sub ProtectPlainly(ByVal sheet As Worksheet)
    On Error Resume Next
    sheet.Protect Contents:=True
End Sub

' True where RunPython comes back before Python has ended: on a Mac, where Python can only reach Excel
' while no macro is running.
Public Function SopxlPythonRunsOn() As Boolean
    #If Mac Then
        SopxlPythonRunsOn = True
    #Else
        SopxlPythonRunsOn = False
    #End If
End Function

Public Function SopxlWaitForPython() As Boolean
    looks = 0
    SopxlWaitForPython = LookLater()
End Function

' xlwings gives the status bar back when its Python has ended, well or not: that is the sign to close the sheets.
Public Function SopxlLookForPython() As Boolean
    nextLook = 0
    looks = looks + 1
    If looks >= LOOKS_AT_MOST Or StatusBarIsFree() Then
        SopxlFinished
    Else
        LookLater
    End If
    SopxlLookForPython = True
End Function

Private Function LookLater() As Boolean
    nextLook = Now + TimeSerial(0, 0, SECONDS_BETWEEN_LOOKS)
    Application.OnTime nextLook, SopxlOwnMacro("SopxlLookForPython")
    LookLater = True
End Function

Private Function StatusBarIsFree() As Boolean
    StatusBarIsFree = (LCase$(CStr(Application.StatusBar)) = "false")
End Function

' Before the workbook closes: no look is left waiting, since that would open the workbook again.
Public Function SopxlStopWaiting() As Boolean
    On Error Resume Next
    If nextLook <> 0 Then
        Application.OnTime nextLook, SopxlOwnMacro("SopxlLookForPython"), , False
        nextLook = 0
        SopxlFinished
    End If
    SopxlStopWaiting = True
End Function

Public Function SopxlSetShortcuts(ByVal wanted As Boolean) As Boolean
    EachShortcut wanted, "^+h", "SopxlHideEmptyRows"
    EachShortcut wanted, "^+m", "SopxlShowAllRows"
    EachShortcut wanted, "^+j", "SopxlJumpToCurrentPeriod"
    EachShortcut wanted, "^+k", "SopxlCheck"
    SopxlSetShortcuts = wanted
End Function

Private Sub EachShortcut(ByVal wanted As Boolean, ByVal keys As String, ByVal macroName As String)
    On Error Resume Next
    If wanted Then
        Application.OnKey keys, SopxlOwnMacro(macroName)
    Else
        Application.OnKey keys
    End If
End Sub

' The name of a macro of this very workbook, whatever other workbooks are open.
Public Function SopxlOwnMacro(ByVal macroName As String) As String
    SopxlOwnMacro = "'" & Replace(ThisWorkbook.Name, "'", "''") & "'!" & macroName
End Function
